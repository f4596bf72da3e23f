// What is shown of jobs, tables and principals. Everything from the data becomes a text node.
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(3).filter((c) => c !== null && c !== undefined && c !== ''));
  return element;
}
const link = (view, index, text) => el('a', { href: `#${view}/${index}` }, text);
const badge = (word, kind) => el('span', { class: `badge ${kind || word}` }, word);
const chips = (items) => el('span', { class: 'chips' }, items);
const section = (title, ...content) => el('section', {}, el('h3', {}, title), ...content);
const table = (headings, rows, kind) => el('div', { class: 'scroll' }, el('table', { class: `rows ${kind || ''}` }, el('thead', {}, el('tr', {}, headings.map((h) => el('th', { scope: 'col' }, h)))), el('tbody', {}, rows)));
const few = (names, most) => {
  if (!names.length) return '';
  const rest = names.length - most;
  return rest > 0 ? `${names.slice(0, most).join(', ')}, +${rest}` : names.join(', ');
};
const tableLink = (name, physical) => {
  const found = byKey.get(keyOf(name, [...(physical || [])]));
  return found ? link('tables', found.index, short(name)) : el('span', {}, short(name));
};
const called = (t) => few(t.names.map(short), 3);

function applies(t) {
  const items = [...t.filters].map((rule) => el('li', {}, el('span', { class: 'kind rows-of' }, 'rows'), ' by rule ', el('b', {}, rule)));
  if (t.none) items.push(el('li', {}, badge('no rows', 'denied')));
  for (const [column, mask] of t.masks) {
    const from = inheritedFrom(mask);
    const item = el('li', {}, el('span', { class: from ? 'kind inherited' : 'kind masked' }, column), ` ${mask.mask} by rule `, el('b', {}, mask.rule));
    if (from) item.append(el('span', { class: 'from' }, `inherited from ${from.source} by way of ${from.jobs.join(', ')}`));
    items.push(item);
  }
  return items.length ? el('ul', { class: 'applies' }, items) : el('span', { class: 'dim' }, t.view ? 'as its tables' : 'nothing applies');
}

const lists = {
  jobs(shown) {
    const headings = ['Verdict', 'Job', 'For', 'Reads', 'Writes', 'What applies, or why not'];
    if (head.against) headings.push('Since');
    const row = (entry) => {
      const reads = entry.tables.filter((t) => t.reads && !t.view).map((t) => short(t.name));
      const writes = entry.tables.filter((t) => t.writes && !t.view).map((t) => short(t.name));
      const what = entry.verdict === 'allowed'
        ? chips([entry.filters ? el('span', { class: 'kind rows-of' }, plural(entry.filters, 'row filter')) : null,
          entry.masks - entry.inherited ? el('span', { class: 'kind masked' }, plural(entry.masks - entry.inherited, 'mask')) : null,
          entry.inherited ? el('span', { class: 'kind inherited' }, `${entry.inherited} inherited`) : null])
        : chips([...entry.codes].map((code) => el('span', { class: 'code' }, code)));
      const cells = [el('td', {}, badge(entry.verdict)), el('td', { class: 'main' }, link('jobs', entry.index, entry.job)), el('td', {}, nameOf(entry.principal)),
        el('td', { class: 'names' }, few(reads, 3)), el('td', { class: 'names' }, few(writes, 2)), el('td', {}, what)];
      if (head.against) cells.push(el('td', {}, entry.state && entry.state !== 'same' ? badge(entry.state, `drift-${entry.state}`) : entry.state || ''));
      return el('tr', { 'data-at': entry.index }, cells);
    };
    return [headings, shown, row];
  },
  tables(shown) {
    const row = (t) => {
      const readers = (t.read_by || []).map((n) => entries[n]);
      const people = [...new Set(readers.map((e) => nameOf(e.principal)))];
      return el('tr', { 'data-at': t.index }, el('td', { class: 'main' }, link('tables', t.index, called(t)), t.view ? [' ', badge('view')] : ''), el('td', { class: 'names' }, few(t.physical || [], 1)),
        el('td', { class: 'sum' }, String(readers.length)), el('td', { class: 'sum' }, String((t.written_by || []).length)), el('td', { class: 'names' }, few(people, 6)));
    };
    return [['Table', 'Physical', 'Readers', 'Writers', 'Read for'], shown, row];
  },
  people(shown) {
    const row = (p) => {
      const masks = new Set(p.tables.flatMap((t) => (t.masks || []).map((m) => `${full(t.table)}.${m.column}`)));
      return el('tr', { 'data-at': p.index }, el('td', { class: 'main' }, link('people', p.index, p.principal.user)), el('td', { class: 'names' }, few(p.principal.groups || [], 4)),
        el('td', { class: 'sum' }, String(p.allowed)), el('td', { class: 'sum' }, String(p.denied)), el('td', { class: 'sum' }, String(p.unjudged)),
        el('td', { class: 'sum' }, String(p.tables.length)), el('td', { class: 'sum' }, String(p.tables.filter((t) => t.row_filter || t.no_rows).length)), el('td', { class: 'sum' }, String(masks.size)));
    };
    return [['Principal', 'Groups', 'Allowed', 'Denied', 'Unjudged', 'Tables', 'Filtered', 'Masked columns'], shown, row];
  },
};

const details = {
  jobs(entry) {
    const principal = entry.principal;
    const groups = (principal && principal.groups) || [];
    const place = entry.place.part ? `${entry.place.file} · ${entry.place.part}` : entry.place.file;
    const person = tail.principals.find((p) => principal && p.principal.user === principal.user && JSON.stringify(p.principal.groups || []) === JSON.stringify(groups));
    const out = [el('header', {}, el('h2', {}, entry.job, ' ', badge(entry.verdict)), el('p', { class: 'meta' }, 'for ', person ? link('people', person.index, nameOf(principal)) : nameOf(principal),
      groups.length ? ` in ${groups.join(', ')}` : '', ' · ', place))];
    const messages = (entry.script && entry.script.messages) || [];
    const pill = (n) => el('sup', { class: 'pill' }, String(n + 1));
    if ((entry.reasons || []).length) {
      const items = entry.reasons.map((reason, n) => el('li', {}, el('span', { class: 'code' }, reason.code), reason.line ? ` line ${reason.line}, column ${reason.column}` : '',
        el('span', { class: 'said' }, messages[n] || meanings[reason.code] || '')));
      out.push(section(entry.verdict === 'denied' ? 'Why it is denied' : 'Why it cannot be judged', el('ol', { class: 'reasons' }, items)));
    }
    if (entry.drift) out.push(drift(entry.drift, entry.verdict));
    if (entry.tables.length) {
      const way = (t) => (t.view ? (t.writes ? 'makes' : 'reads') : t.reads && t.writes ? 'reads, writes' : t.writes ? 'writes' : t.below ? 'reads below a view' : 'reads');
      const rows = entry.tables.map((t) => el('tr', {}, el('td', {}, way(t)), el('td', { class: 'main' }, tableLink(t.name, t.physical), t.view ? [' ', badge('view')] : '', el('span', { class: 'from' }, [...t.physical].join(', '))),
        el('td', { class: 'names' }, [...t.columns].join(', ')), el('td', {}, t.reads || t.below ? (entry.verdict === 'allowed' ? applies(t) : '') : '')));
      out.push(section('Tables', table(['Use', 'Table', 'Columns read by name', 'What applies'], rows)));
    }
    const script = entry.script;
    if (!script) out.push(section('Script', el('p', { class: 'dim' }, 'The page would be too large with all scripts: this one was left out.')));
    else if (script.parts.length) {
      const notes = script.protected ? script.notes : messages;
      const list = script.protected && notes.length ? el('ol', { class: 'notes', 'aria-label': 'Rules behind the changes' }, notes.map((n) => el('li', {}, brief(n)))) : null;
      const same = script.protected && script.parts.every((p) => typeof p === 'string');
      out.push(section('Script', same ? el('p', { class: 'dim' }, 'Nothing is changed: what is submitted is what was written.') : null, list, el('div', { class: 'scroll' }, diffTable(script, notes, pill))));
    }
    if (entry.record) {
      const r = entry.record;
      const facts = [['text', `${r.sql_bytes.toLocaleString('en')} bytes, SHA-256 ${r.sql_sha256}`], ['protected', r.protected_sha256 ? `SHA-256 ${r.protected_sha256}` : null],
        ['policy', `version ${r.policy.version}, ${r.policy.hash}${r.policy.stale ? ', stale' : ''}`], ['Flink', r.flink]];
      out.push(section('On record', el('dl', {}, facts.filter(([, v]) => v).map(([k, v]) => [el('dt', {}, k), el('dd', {}, v)]).flat())));
    }
    return out;
  },
  tables(t) {
    const of = (n) => entries[n];
    const used = (entry) => entry.tables.find((x) => x.key === t.key) || { columns: new Set(), filters: new Set(), masks: new Map() };
    const read = (t.read_by || []).map(of).map((entry) => el('tr', {}, el('td', {}, nameOf(entry.principal)), el('td', { class: 'main' }, link('jobs', entry.index, entry.job)), el('td', {}, badge(entry.verdict)),
      el('td', { class: 'names' }, [...used(entry).columns].join(', ')), el('td', {}, entry.verdict === 'allowed' ? applies(used(entry)) : '')));
    const written = (t.written_by || []).map(of).map((entry) => el('tr', {}, el('td', {}, nameOf(entry.principal)), el('td', { class: 'main' }, link('jobs', entry.index, entry.job)), el('td', {}, badge(entry.verdict)),
      el('td', { class: 'names' }, entry.tables.filter((x) => x.reads).map((x, n) => [n ? ', ' : '', tableLink(x.name, x.physical)]).flat())));
    const on = (t.read_by || []).map(of).flatMap((entry) => entry.tables.filter((x) => x.writes && x.key !== t.key));
    const targets = [...new Map(on.map((x) => [x.key, x])).values()];
    return [el('header', {}, el('h2', {}, few(t.names.map(full), 5), t.view ? [' ', badge('view')] : ''), el('p', { class: 'meta' }, (t.physical || []).join(', ') || 'physical name not known')),
      targets.length ? section('Its data go on to', el('p', { class: 'flow' }, targets.map((x, n) => [n ? ', ' : '', tableLink(x.name, x.physical)]).flat())) : null,
      section(`Who reads this (${read.length})`, read.length ? table(['For', 'Job', 'Verdict', 'Columns read by name', 'What applies'], read) : el('p', { class: 'dim' }, 'no job')),
      section(`Who writes this (${written.length})`, written.length ? table(['For', 'Job', 'Verdict', 'Of'], written) : el('p', { class: 'dim' }, 'no job'))];
  },
  people(p) {
    const rows = p.tables.map((t) => {
      const items = (t.row_filter || []).map((rule) => el('li', {}, el('span', { class: 'kind rows-of' }, 'rows'), ' by rule ', el('b', {}, rule)));
      if (t.no_rows) items.push(el('li', {}, badge('no rows', 'denied')));
      (t.masks || []).forEach((m) => items.push(el('li', {}, el('span', { class: m.from ? 'kind inherited' : 'kind masked' }, m.column), ` ${m.mask} by rule `, el('b', {}, m.rule),
        m.from ? el('span', { class: 'from' }, m.from === '?' ? 'inherited from a table that is closed to them' : `inherited from ${brief(m.from)}`) : null)));
      const jobs = t.jobs.slice(0, 8).map((n, at) => [at ? ', ' : '', link('jobs', n, entries[n].job)]).flat();
      if (t.jobs.length > 8) jobs.push(`, +${t.jobs.length - 8}`);
      const hidden = new Set((t.masks || []).map((m) => m.column.split('.')[0]));
      const columns = (t.columns || []).map((c, n) => [n ? ', ' : '', el('span', { class: hidden.has(c) ? 'veiled' : '' }, c)]).flat();
      return el('tr', {}, el('td', { class: 'main' }, tableLink(t.table, t.physical)), el('td', { class: 'names' }, columns), el('td', {}, items.length ? el('ul', { class: 'applies' }, items) : el('span', { class: 'dim' }, 'nothing applies')), el('td', { class: 'names' }, jobs));
    });
    return [el('header', {}, el('h2', {}, p.principal.user), el('p', { class: 'meta' }, (p.principal.groups || []).length ? `in ${p.principal.groups.join(', ')} · ` : '',
      `${plural(p.allowed, 'job')} allowed, ${p.denied} denied, ${p.unjudged} unjudged`)),
    section('What they see, as far as their allowed jobs read it', rows.length ? table(['Table', 'Columns read by name', 'What applies', 'By'], rows) : el('p', { class: 'dim' }, 'nothing'))];
  },
};

function drift(d, verdict) {
  const said = { same: verdict === 'allowed' ? 'It is protected as it was.' : 'It is refused as it was, for the same reasons.', tighter: 'Less shows now than it was submitted with.', looser: 'More shows now than it was submitted with.',
    unclear: 'It is protected otherwise now: not only tighter, not only looser, or it cannot be judged.', changed: 'The script or its principal is another one.', new: 'There is no former check of it.' };
  const former = d.former ? ` The former check was of ${moment(d.former.time)}, by policy version ${d.former.policy_version}.` : '';
  return section('Since the former check', el('p', {}, badge(d.state, `drift-${d.state}`), ' ', said[d.state] || '', former, d.lineage_changed ? ' What it writes is made of something else.' : ''),
    d.changes && d.changes.length ? el('ul', { class: 'changes' }, d.changes.map((c) => el('li', {}, brief(c)))) : null);
}
