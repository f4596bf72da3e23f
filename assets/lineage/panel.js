// The side panel: what is known of a column, a table, or of all.

/** A button that leads to a column. */
function link(key) {
  const column = model.columns.get(key);
  const where = nameOf(column.table);
  return h('button', { type: 'button', class: 'link', 'data-go': key, title: where }, fullName(column));
}

function jobLine(at) {
  const job = model.data.jobs[at.job];
  return h('p', { class: 'job' }, h('span', {}, job.name), joined(job.user, `statement ${at.statement + 1}`));
}

/** What is known, each after a dot. */
function joined(...parts) {
  return parts.filter(Boolean).map((part) => ' · ' + part).join('');
}

function code(text) {
  return text ? h('code', { class: 'expression' }, text) : null;
}

/** How the source was read when the job ran. */
function readAs(edge) {
  return edge.masked === null
    ? h('span', { class: 'read' }, 'read raw')
    : h('span', { class: 'read s-masked', title: edge.masked }, icon('closed'), 'read masked (' + short(edge.masked) + ')');
}

function short(text) {
  return text.length > 28 ? text.slice(0, 26) + '…' : text;
}

function cutNote(edge) {
  if (edge.cut === null) return null;
  const cut = model.data.cuts[edge.cut];
  return h('p', { class: 'audit s-declassified' }, icon('cut'), ' inheritance ends here: ', auditText(cut));
}

function auditText(audit) {
  return `by ${audit.by}, ${audit.until ? 'until ' + audit.until : 'for good'}: “${audit.why}”`;
}

function hop(edge, name, view) {
  return h('li', { class: edge.direct ? '' : 'indirect' },
    h('div', { class: 'hop' }, link(name), lock(protectionOf(model.columns.get(name), view), true)),
    h('p', { class: 'how' }, h('b', {}, edge.kind.toLowerCase().replace('_', ' ')), ' – ' + edge.says + ' · ', readAs(edge)),
    code(edge.text), jobLine(edge.by), cutNote(edge));
}

const MANY = 200;

function section(title, items, none) {
  const shown = items.slice(0, MANY);
  const rest = items.length - shown.length;
  return h('section', {},
    h('h3', {}, title, items.length ? h('span', { class: 'count' }, String(items.length)) : null),
    items.length ? h('ul', { class: 'hops' }, ...shown, rest ? h('li', {}, `… and ${rest} more: see the tables`) : null) : h('p', { class: 'none' }, none));
}

/** "Why is this masked", from the column up to the rule. */
function why(column, view) {
  const protection = protectionOf(column, view);
  if (!protection) return null;
  const lines = [];
  const rule = (p) => (p.rule ? `rule ${p.rule}` : 'a rule');
  if (protection.state === 'masked') lines.push(h('li', {}, `${rule(protection)} on this column: ${protection.mask}`));
  if (protection.state === 'declassified') lines.push(h('li', {}, auditText(protection)));
  if (protection.state === 'denied') lines.push(h('li', {}, `${rule(protection)} denies it`));
  if (protection.state === 'raw') lines.push(h('li', {}, 'no rule on this column, and no mask that comes with its data'));
  if (protection.state === 'unknown') lines.push(h('li', {}, 'no record says what was written here'));
  if (protection.state === 'inherited') {
    for (const source of protection.from) {
      const hops = source.key ? whyMasked(column.key, [source.key]) : null;
      if (!hops) {
        lines.push(h('li', {}, 'from ', source.key ? link(source.key) : source.name, ', by a way that is not among these records'));
        continue;
      }
      for (const edge of hops) lines.push(chainStep(edge));
      const end = protectionOf(model.columns.get(source.key), view);
      lines.push(h('li', { class: 'end' }, h('div', { class: 'hop' }, link(source.key), lock(end, true)), `${rule(protection)} asks for ${protection.mask}`));
    }
  }
  const title = { denied: 'Why is this denied?', masked: 'Why is this masked?', inherited: 'Why is this masked?', declassified: 'Why is this shown?', raw: 'Why is this shown?', unknown: 'Why is this unknown?' };
  return h('section', {}, h('h3', {}, title[protection.state]), h('ol', { class: 'chain' }, ...lines));
}

function chainStep(edge) {
  return h('li', {},
    h('div', { class: 'hop' }, link(edge.target), ' is made of ', link(edge.source)),
    h('p', { class: 'how' }, h('b', {}, edge.kind.toLowerCase().replace('_', ' ')), ' – ' + edge.says + ' · ', readAs(edge)),
    code(edge.text), jobLine(edge.by));
}

function facts(pairs) {
  const rows = pairs.filter(([, value]) => value).flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]);
  return h('dl', { class: 'facts' }, ...rows);
}

function tableFacts(table) {
  const names = table.logical.map((n) => n.join('.')).join(', ');
  return facts([['Table', names], ['Physical', table.physical.join(', ') || (table.answer ? null : 'not known')], ['System', table.scheme]]);
}

function columnPanel(key, view) {
  const column = model.columns.get(key);
  const edges = model.into.get(key) || [];
  const out = model.outOf.get(key) || [];
  const conditions = model.whole.get(column.table.index) || [];
  const direct = edges.filter((e) => e.direct);
  const own = edges.filter((e) => !e.direct);
  return [
    h('h2', {}, columnName(column), close()),
    lock(protectionOf(column, view), true),
    tableFacts(column.table), facts([['Type', column.type], ['Seen by', model.data.principals[view]]]),
    why(column, view),
    section('Made of', direct.map((e) => hop(e, e.source, view)), 'Nothing: no record writes it, or it is a constant.'),
    own.length ? section('Decided by', own.map((e) => hop(e, e.source, view))) : null,
    conditions.length ? section('Conditions on the whole table', conditions.map((e) => hop(e, e.source, view))) : null,
    section('Used in', out.map((e) => (e.target === null ? wholeUse(e) : hop(e, e.target, view))), 'Nothing that is recorded.'),
  ];
}

function wholeUse(edge) {
  return h('li', { class: 'indirect' },
    h('div', { class: 'hop' }, h('button', { type: 'button', class: 'link', 'data-go-table': edge.to[0] }, nameOf(model.data.tables[edge.to[0]])), ' as a whole'),
    h('p', { class: 'how' }, h('b', {}, edge.kind.toLowerCase().replace('_', ' ')), ' – ' + edge.says), code(edge.text), jobLine(edge.by));
}

function tablePanel(index, view) {
  const table = model.data.tables[index];
  const written = model.data.jobs.flatMap((job, j) => job.writes.filter((w) => w.tables.includes(index)).map((w) => ({ job: j, ...w })));
  const conditions = model.whole.get(index) || [];
  return [
    h('h2', {}, table.logical.length ? table.logical[0][2] : nameOf(table), close()),
    tableFacts(table),
    section('Columns', table.columns.map((c) => h('li', {}, h('div', { class: 'hop' }, link(c.key), lock(protectionOf(c, view), true)))), 'None known.'),
    section('Written by', written.map((w) => h('li', {}, jobLine({ job: w.job, statement: w.statement }), h('p', { class: 'how' }, w.replaces ? 'replaces what was there' : 'adds to what was there'), code(w.text))), 'No recorded job.'),
    conditions.length ? section('Conditions on the whole table', conditions.map((e) => hop(e, e.source, view))) : null,
  ];
}

function overview() {
  const { jobs, tables, links } = model.data;
  const items = jobs.map((job) => h('li', {}, h('p', { class: 'job' }, h('span', {}, job.name), joined(job.user, job.at)),
    ...job.writes.map((w) => h('p', { class: 'how' }, `statement ${w.statement + 1} → `, ...w.tables.map((t) => h('button', { type: 'button', class: 'link', 'data-go-table': t }, nameOf(model.data.tables[t])))))));
  return [
    h('h2', {}, 'Overview'),
    h('p', { class: 'none' }, `${tables.length} tables, ${model.columns.size} columns, ${links.length} edges. Choose a column: its whole way up and down stays lit, and its story is told here.`),
    legend(),
    section('Jobs', items, 'None.'),
  ];
}

function legend() {
  const line = (kind, text) => {
    const drawn = svg('svg', { class: 'sample', viewBox: '0 0 40 10', 'aria-hidden': 'true', focusable: 'false' });
    drawn.append(svg('path', { class: 'edge ' + kind, d: 'M1 5H37m-5 -4l5 4l-5 4' }));
    return h('li', {}, drawn, text);
  };
  const locks = Object.entries(STATES).map(([name, state]) => h('li', {}, lock({ state: name }, true), h('span', {}, state.says)));
  return h('section', {}, h('h3', {}, 'Signs'), h('ul', { class: 'legend' }, ...(model.data.principals.length ? locks : []),
    line('direct', 'the value is made of it; without a word: unchanged'),
    line('direct masked', 'read under a mask'),
    line('indirect', 'it decides whether, where or how often'),
    line('direct cut', 'inheritance was ended here')));
}

function keysPanel() {
  const keys = [['↑ ↓', 'columns of a card'], ['← →', 'the first column up or down the stream'], ['Enter', 'choose'], ['Esc', 'let go'], ['/', 'search'], ['+ − 0', 'larger, smaller, all'], ['P', 'only protected'], ['I', 'indirect edges'], ['T', 'tables']];
  return [h('h2', {}, 'Keys', close()), facts(keys.map(([key, what]) => [key, what]))];
}

function close() {
  return h('button', { type: 'button', class: 'close', 'data-close': true, 'aria-label': 'Close' }, '×');
}
