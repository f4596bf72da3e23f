// The data of the page, and what is worked out of them once. Nothing here touches the document but to read its data.
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const head = read('head');
const entries = read('entries');
const tail = read('tail');
const meanings = read('meanings');
const drawing = read('drawing'); // { page, says }; null where nothing is written from anything

const full = (table) => table.join('.');
const usual = ['default_catalog', 'default_database'];
const isUsual = (table) => table[0] === usual[0] && table[1] === usual[1];
// Short where nothing is lost by it: what stands in the default database, by its own name.
const short = (table) => (isUsual(table) ? table[2] : full(table));
const nameOf = (principal) => (principal ? principal.user : 'nobody');
const moment = (time) => time.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
const plural = (count, one, many) => `${count.toLocaleString('en')} ${count === 1 ? one : many || `${one}s`}`;

function inheritedFrom(mask) {
  if (!mask.inherited) return null;
  const from = mask.inherited.from;
  const source = from ? `${short(from.dataset.name)}.${from.column || '*'}` : 'a table that is closed to them';
  return { source, jobs: mask.inherited.jobs };
}

// Jobs call different tables by one name: a table is what its physical names say, where they are known.
const keyOf = (name, physical) => (physical && physical.length ? `at ${[...physical].sort().join('\n')}` : `name ${full(name)}`);
// Long names of the default database in a line of text.
const brief = (text) => text.replaceAll(`${usual.join('.')}.`, '');

// What applies to each table of an entry, and what is read and written.
function derive(entry, index) {
  entry.index = index;
  const tables = new Map();
  const at = (name) => {
    const key = full(name);
    if (!tables.has(key)) tables.set(key, { name, reads: false, writes: false, columns: new Set(), physical: new Set(), filters: new Set(), masks: new Map(), none: false });
    return tables.get(key);
  };
  for (const statement of (entry.record ? entry.record.statements : [])) {
    for (const input of statement.inputs || []) {
      const table = at(input.name);
      table.reads = true;
      (input.columns || []).forEach((c) => table.columns.add(c));
      (input.physical || []).forEach((p) => table.physical.add(p));
    }
    for (const output of statement.outputs || []) {
      const table = at(output.name);
      table.writes = true;
      (output.physical || []).forEach((p) => table.physical.add(p));
    }
    for (const applied of statement.applied || []) {
      const table = at(applied.table);
      if (!table.reads && !table.writes) table.below = true;
      applied.row_filter.forEach((rule) => table.filters.add(rule));
      applied.masks.forEach((mask) => table.masks.set(mask.column.join('.'), mask));
      if (!applied.row_filter.length && !applied.masks.length) table.none = true;
    }
  }
  const views = new Set((entry.views || []).map(full));
  tables.forEach((table, key) => { table.view = views.has(key); });
  tables.forEach((table) => { table.key = keyOf(table.name, [...table.physical]); });
  entry.tables = [...tables.values()];
  entry.filters = entry.tables.reduce((sum, t) => sum + t.filters.size + (t.none ? 1 : 0), 0);
  const masks = entry.tables.flatMap((t) => [...t.masks.values()]);
  entry.masks = masks.length;
  entry.inherited = masks.filter((m) => m.inherited).length;
  entry.rules = new Set(entry.tables.flatMap((t) => [...t.filters, ...[...t.masks.values()].map((m) => m.rule)]));
  entry.codes = new Set((entry.reasons || []).map((r) => r.code));
  entry.state = entry.drift ? entry.drift.state : null;
  const words = [entry.job, nameOf(entry.principal), ...((entry.principal && entry.principal.groups) || []), entry.place.file, entry.place.part || '', ...entry.tables.map((t) => full(t.name)), ...entry.rules, ...entry.codes];
  entry.words = words.join('\n').toLowerCase();
}
entries.forEach(derive);
const byKey = new Map();
tail.tables.forEach((table, index) => {
  table.index = index;
  table.key = keyOf(table.names[0], table.physical);
  byKey.set(table.key, table);
  table.words = [...table.names.map(full), ...(table.physical || [])].join('\n').toLowerCase();
});
tail.principals.forEach((seen, index) => {
  seen.index = index;
  const masks = seen.tables.flatMap((t) => (t.masks || []).map((m) => `${m.rule} ${m.mask} ${m.column}`));
  seen.words = [seen.principal.user, ...(seen.principal.groups || []), ...seen.tables.map((t) => full(t.table)), ...masks].join('\n').toLowerCase();
});
