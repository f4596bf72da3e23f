// The data, and questions to it. Nothing here touches the page.
// A column is named by "table:column" (its indices); an edge by its index.

const model = (() => {
  const data = JSON.parse(document.getElementById('lineage').textContent);
  const key = (table, column) => table + ':' + column;
  const into = new Map(); // column -> edges that lead to it
  const outOf = new Map(); // column -> edges that start at it
  const whole = new Map(); // table -> edges that hold for all of it
  const push = (map, at, edge) => { map.has(at) ? map.get(at).push(edge) : map.set(at, [edge]); };
  const columns = new Map();
  data.tables.forEach((table, t) => {
    table.index = t;
    table.columns.forEach((column, c) => {
      Object.assign(column, { key: key(t, c), table, index: c });
      columns.set(column.key, column);
    });
  });
  data.links.forEach((link, index) => {
    link.index = index;
    link.source = key(link.from[0], link.from[1]);
    link.target = link.to[1] === null ? null : key(link.to[0], link.to[1]);
    push(outOf, link.source, link);
    if (link.target === null) push(whole, link.to[0], link);
    else push(into, link.target, link);
  });
  return { data, columns, into, outOf, whole, key };
})();

/** The name that tells a table apart: the shortest end of its logical name is bold on its card. */
function nameOf(table) {
  if (table.answer) return 'answer of ' + model.data.jobs[table.answer.job].name;
  return table.logical.length ? table.logical[0].join('.') : table.physical[0];
}

function columnName(column) {
  return column.name === null ? '(any column)' : column.name;
}

function fullName(column) {
  const table = column.table;
  const short = table.logical.length ? table.logical[0][2] : nameOf(table);
  return short + '.' + columnName(column);
}

/** The protection of a column for a principal; null where none was asked about. */
function protectionOf(column, viewpoint) {
  return column.protection[viewpoint] || null;
}

const STATES = {
  masked: { label: 'masked', icon: 'closed', says: 'a rule on this column masks it' },
  inherited: { label: 'inherited', icon: 'inherited', says: 'masked, because of what it is made of' },
  denied: { label: 'denied', icon: 'denied', says: 'not readable at all' },
  declassified: { label: 'declassified', icon: 'cut', says: 'shown, because somebody ended the inheritance' },
  unknown: { label: 'unknown', icon: 'unknown', says: 'nobody can say what was written here' },
  raw: { label: 'raw', icon: 'open', says: 'shown as it is stored' },
};

/** The short text beside the lock. */
function protectionText(protection) {
  if (!protection) return '';
  const state = STATES[protection.state];
  const what = protection.mask || protection.by;
  return what ? state.label + ': ' + what : state.label;
}

/** The same with the rule and the columns that it comes from. */
function protectionDetail(protection) {
  if (!protection) return '';
  const from = protection.from ? ', from ' + protection.from.map((source) => source.name).join(', ') : '';
  return protectionText(protection) + from + (protection.rule ? ', rule ' + protection.rule : '');
}

/** All edges and columns up- or downstream of a column, its table-wide conditions included for the column itself alone. */
function reach(start, forward, follows) {
  const seen = new Set([start]);
  const edges = new Set();
  const open = [start];
  while (open.length) {
    const at = open.pop();
    for (const edge of (forward ? model.outOf : model.into).get(at) || []) {
      const next = forward ? edge.target : edge.source;
      if (next === null || !follows(edge)) continue;
      edges.add(edge.index);
      if (!seen.has(next)) { seen.add(next); open.push(next); }
    }
  }
  return { columns: seen, edges };
}

/** What is lit when a column is chosen. */
function pathOf(key, indirect) {
  const follows = (edge) => edge.direct || indirect;
  const up = reach(key, false, follows);
  const down = reach(key, true, follows);
  const columns = new Set([...up.columns, ...down.columns]);
  const edges = new Set([...up.edges, ...down.edges]);
  const conditions = new Set();
  if (indirect) {
    const table = model.columns.get(key).table.index;
    for (const edge of model.whole.get(table) || []) { edges.add(edge.index); conditions.add(edge.source); }
    for (const edge of model.outOf.get(key) || []) if (edge.target === null) edges.add(edge.index);
  }
  return { columns, edges, conditions };
}

/** Whether a mask comes along this edge by default: values do, counts do not, conditions of one column do (CASE). */
function carries(edge) {
  return edge.cut === null && !edge.counted && (edge.direct || edge.kind === 'CONDITIONAL');
}

/** The shortest way from a column up to those that its protection comes from: edges, nearest first; null where no record shows one. */
function whyMasked(key, goals) {
  const wanted = new Set(goals);
  for (const follows of [carries, (edge) => edge.target !== null]) {
    const came = new Map([[key, null]]);
    const open = [key];
    for (let i = 0; i < open.length; i++) {
      if (wanted.has(open[i]) && open[i] !== key) {
        const hops = [];
        for (let at = open[i]; came.get(at); at = came.get(at).target) hops.push(came.get(at));
        return hops.reverse();
      }
      for (const edge of model.into.get(open[i]) || []) {
        if (follows(edge) && !came.has(edge.source)) { came.set(edge.source, edge); open.push(edge.source); }
      }
    }
  }
  return null;
}

/** Tables within so many hops of one, both ways. */
function near(table, depth) {
  const beside = new Map();
  const add = (a, b) => { beside.has(a) ? beside.get(a).add(b) : beside.set(a, new Set([b])); };
  for (const link of model.data.links) { add(link.from[0], link.to[0]); add(link.to[0], link.from[0]); }
  let ring = new Set([table]);
  const seen = new Set(ring);
  for (let hop = 0; hop < depth; hop++) {
    const next = new Set();
    for (const at of ring) for (const other of beside.get(at) || []) if (!seen.has(other)) { seen.add(other); next.add(other); }
    ring = next;
  }
  return seen;
}

/** Tables and columns whose name holds the text. */
function search(text, most) {
  const wanted = text.trim().toLowerCase();
  const found = [];
  if (!wanted) return found;
  for (const table of model.data.tables) {
    const names = table.logical.map((n) => n.join('.')).concat(table.physical);
    if (names.some((n) => n.toLowerCase().includes(wanted))) found.push({ table, column: null });
    for (const column of table.columns) {
      if (fullName(column).toLowerCase().includes(wanted)) found.push({ table, column });
      if (found.length >= most) return found;
    }
  }
  return found;
}
