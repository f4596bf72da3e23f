// Cards and edges. In: the data and what is to be seen of it. Out: elements, and the places by which edges and keys find them.

const WIDTH = 290; // as in style.css
const GAP_X = 104;
const HEAD = 62;
const ROW = 26;
const LONG = 15; // a card with more columns is cut
const SHORT = 12; // to so many

/** An element; children are elements or texts, never HTML. */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'class') element.className = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((c) => c !== null && c !== undefined));
  return element;
}

function svg(tag, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function icon(name) {
  const drawn = svg('svg', { class: 'icon', 'aria-hidden': 'true', focusable: 'false' });
  drawn.append(svg('use', { href: '#i-' + name }));
  return drawn;
}

/** A lock with its text, as it stands on rows and in the panel. */
function lock(protection, withText) {
  if (!protection) return null;
  const state = STATES[protection.state];
  return h('span', { class: 'lock s-' + protection.state, title: state.says },
    icon(state.icon), withText ? h('span', { class: 'what' }, protectionText(protection)) : null);
}

/** What is to be seen of each table: its rows, and where each of its columns meets an edge. */
function arrange(seen) {
  const arranged = [];
  for (const table of model.data.tables) {
    if (seen.tables && !seen.tables.has(table.index)) continue;
    const wanted = table.columns.filter(seen.column);
    if (!wanted.length && table.columns.length) continue;
    const fold = seen.fold(table, wanted.length);
    const shown = fold === 'shut' ? [] : fold === 'cut' ? wanted.slice(0, SHORT) : wanted;
    const ports = new Map();
    const more = wanted.length - shown.length;
    wanted.forEach((column, at) => {
      const hidden = at >= shown.length;
      const row = Math.min(at, shown.length);
      ports.set(column.index, fold === 'shut' ? HEAD / 2 : HEAD + row * ROW + ROW / 2);
      if (hidden && fold === 'shut') ports.set(column.index, HEAD / 2);
    });
    const extra = wanted.length > LONG && fold !== 'shut' ? 1 : 0;
    const height = HEAD + (shown.length + extra) * ROW + (fold === 'shut' ? 0 : 6);
    arranged.push({ id: table.index, table, wanted, shown, more, fold, ports, height });
  }
  return arranged;
}

/** Edges that start and end at the same places are one line. Whole-table conditions are one line for each pair of tables. */
function bundle(arranged, indirect) {
  const at = new Map(arranged.map((a) => [a.id, a]));
  const groups = new Map();
  for (const edge of model.data.links) {
    if (!edge.direct && !indirect) continue;
    const from = at.get(edge.from[0]);
    const to = at.get(edge.to[0]);
    if (!from || !to) continue;
    const whole = edge.to[1] === null;
    const fromY = whole ? HEAD / 2 : from.ports.get(edge.from[1]);
    const toY = whole ? HEAD / 2 : to.ports.get(edge.to[1]);
    if (fromY === undefined || toY === undefined) continue;
    if (whole && !from.ports.has(edge.from[1])) continue;
    const id = [from.id, fromY, to.id, toY, edge.direct ? 'd' : 'i'].join();
    let group = groups.get(id);
    if (!group) groups.set(id, group = { from: from.id, to: to.id, fromY, toY, direct: edge.direct, whole, edges: [] });
    group.edges.push(edge);
  }
  return [...groups.values()];
}

/** One pair for each two tables, with the mean of the places where its lines meet them. */
function pairsOf(groups) {
  const pairs = new Map();
  for (const group of groups) {
    const id = group.from + ',' + group.to;
    let pair = pairs.get(id);
    if (!pair) pairs.set(id, pair = { from: group.from, to: group.to, fromY: 0, toY: 0, weight: 0 });
    const weight = group.direct ? 4 : 1;
    pair.fromY += group.fromY * weight;
    pair.toY += group.toY * weight;
    pair.weight += weight;
    group.pair = pair;
  }
  for (const pair of pairs.values()) { pair.fromY /= pair.weight; pair.toY /= pair.weight; }
  return [...pairs.values()];
}

/** The line of a group: a curve from card to card; long ones pass the layers between at their bends. */
function route(group, places) {
  const x1 = places.x(group.from) + WIDTH;
  const y1 = places.top.get(group.from) + group.fromY;
  const x2 = places.x(group.to);
  const y2 = places.top.get(group.to) + group.toY;
  const curve = (ax, ay, bx, by) => {
    const pull = bx >= ax ? Math.max(36, (bx - ax) * 0.5) : 150;
    return `C${ax + pull} ${ay} ${bx - pull} ${by} ${bx} ${by}`;
  };
  const n = (v) => Math.round(v * 10) / 10;
  let d = `M${n(x1)} ${n(y1)}`;
  let [x, y] = [x1, y1];
  const bends = places.bends.get(group.pair);
  if (bends && !bends.turned) {
    for (const bend of bends.way) {
      const bx = places.left(bend.layer);
      const by = n(bend.y + bend.height / 2);
      d += curve(x, y, bx, by) + `H${bx + WIDTH}`;
      [x, y] = [bx + WIDTH, by];
    }
  }
  const end = x2 - 1;
  d += curve(n(x), n(y), end, n(y2));
  group.middle = { x: n((x + end) / 2), y: n((y + y2) / 2) };
  group.end = { x: end - 10, y: n(y2) };
  group.start = { x: n(x1), y: n(y1) };
  return d + `m-6 -4l6 4l-6 4`;
}

/** The kinds of edges, for a label; nothing for an unchanged value, unless all are asked for. */
function kindsOf(edges, all) {
  const kinds = new Set(edges.map((e) => e.kind.toLowerCase().replace('_', ' ')));
  if (!all && kinds.size === 1) kinds.delete('identity');
  const [first, ...more] = kinds;
  return first ? first + (more.length ? ' +' + more.length : '') : '';
}

/** One label for all lines that end at one place, at that end, where rows keep labels apart. */
function labels(groups, all, kind) {
  const ends = new Map();
  for (const group of groups) {
    const id = group.end.x + ',' + group.end.y;
    ends.has(id) ? ends.get(id).push(group) : ends.set(id, [group]);
  }
  const drawn = [];
  for (const together of ends.values()) {
    const words = kindsOf(together.flatMap((g) => g.edges), all);
    if (!words) continue;
    const text = svg('text', { x: together[0].end.x, y: together[0].end.y - 4, class: kind });
    text.textContent = words;
    drawn.push(text);
  }
  return drawn;
}

const FEW = 40; // so many lines are labelled from the start; more would be a thicket

function drawEdges(layer, groups, places) {
  const lines = document.createDocumentFragment();
  const marks = document.createDocumentFragment();
  for (const group of groups) {
    const masked = group.direct && group.edges.every((e) => e.masked !== null);
    const cut = group.edges.some((e) => e.cut !== null);
    const kind = (group.direct ? 'direct' : 'indirect') + (masked ? ' masked' : '') + (cut ? ' cut' : '');
    group.line = svg('path', { d: route(group, places), class: 'edge ' + kind });
    group.line.addEventListener('pointerover', () => explain(group), { once: true });
    lines.append(group.line);
    group.marks = [];
    if (masked) group.marks.push(mark('closed', group.start.x + 4, group.start.y - 17, 'masked'));
    if (cut) group.marks.push(mark('cut', group.middle.x - 8, group.middle.y - 8, 'cut'));
    marks.append(...group.marks);
  }
  const few = groups.length <= FEW ? labels(groups, false, 'kind') : [];
  layer.classList.toggle('many', groups.length > 400);
  const all = svg('g', { class: 'all' });
  all.append(lines, marks, ...few);
  layer.replaceChildren(all, svg('g', { class: 'chosen-way' }));
}

/** What a line says when the pointer rests on it; made when it first does, for there are thousands. */
function explain(group) {
  const title = svg('title', {});
  title.textContent = group.edges.slice(0, 8).map(edgeText).join('\n') + (group.edges.length > 8 ? '\n…' : '');
  group.line.append(title);
}

function mark(name, x, y, kind) {
  return svg('use', { href: '#i-' + name, x, y, width: kind === 'cut' ? 16 : 14, height: kind === 'cut' ? 16 : 14, class: 'mark ' + kind });
}

/** An edge in words. */
function edgeText(edge) {
  const to = edge.target === null ? 'all of ' + nameOf(model.data.tables[edge.to[0]]) : fullName(model.columns.get(edge.target));
  const read = edge.masked !== null ? ', read masked' : '';
  return `${fullName(model.columns.get(edge.source))} → ${to}: ${edge.says}${read}`;
}

/** A place that leaves room for its end, which tells most: one host of several is enough. */
function shortPlace(table, place) {
  const [first, ...more] = table.physical;
  if (!first) return place;
  return first.replace(/^([^/]*:\/\/[^,/]*),[^/]*/, '$1,…') + (more.length ? ' +' + more.length : '');
}

function drawCard(arranged, seen) {
  const { table, shown, more, fold } = arranged;
  const id = 'table-' + table.index;
  const parts = table.logical.length ? table.logical[0] : ['', '', nameOf(table)];
  const before = parts.slice(0, 2).filter(Boolean).map((p) => p + '.').join('');
  const place = table.physical.length ? table.physical.join('\n') : table.answer ? 'rows that go to the submitter' : 'no physical name';
  const foldable = fold === 'shut';
  const head = h('div', { class: 'head' },
    h('h2', { id },
      h('button', { type: 'button', class: 'name', 'data-table': table.index, tabindex: -1, title: [...table.logical.map((n) => n.join('.')), place].join('\n') },
        before ? h('span', { class: 'before' }, before) : null, h('span', { class: 'last' }, parts[2])),
      h('span', { class: 'connector' }, table.scheme || (table.answer ? 'answer' : 'unlocated'))),
    h('p', { class: 'physical', title: place }, shortPlace(table, place)),
    h('button', { type: 'button', class: 'fold', 'data-fold': table.index, tabindex: -1, 'aria-expanded': String(!foldable), 'aria-label': (foldable ? 'Show columns of ' : 'Hide columns of ') + parts[2] }, foldable ? '▸' : '▾'));
  const rows = h('ul', { class: 'rows', 'aria-labelledby': id }, ...shown.map((column) => h('li', {}, drawRow(column, seen))));
  if (arranged.wanted.length > LONG && fold !== 'shut') {
    const text = fold === 'cut' ? `${more} more columns` : 'show fewer';
    rows.append(h('li', {}, h('button', { type: 'button', class: 'more', 'data-more': table.index, tabindex: -1 }, text)));
  }
  return h('section', { class: 'card' + (table.answer ? ' answer' : ''), 'aria-labelledby': id, 'data-card': table.index }, head, fold === 'shut' ? null : rows);
}

function drawRow(column, seen) {
  const protection = protectionOf(column, seen.view);
  const words = [columnName(column), column.type, protectionDetail(protection)].filter(Boolean).join(', ');
  // What is not seen is for those who hear it: pauses, and where a mask comes from.
  const heard = (text) => h('span', { class: 'heard' }, text);
  return h('button', { type: 'button', class: 'row', 'data-column': column.key, tabindex: -1, 'aria-pressed': 'false', title: words },
    lock(protection, false),
    h('span', { class: 'column' + (column.name === null ? ' any' : '') }, columnName(column)),
    heard(', '),
    h('span', { class: 'type' }, column.type || ''),
    heard(', '),
    protection ? h('span', { class: 'chip s-' + protection.state }, protectionText(protection)) : null,
    heard(protectionDetail(protection).slice(protectionText(protection).length)));
}

/** Draws all; returns what later changes need. */
function draw(canvas, seen) {
  const arranged = arrange(seen);
  const groups = bundle(arranged, seen.indirect);
  const laid = layered(arranged.map((a) => ({ id: a.id, height: a.height })), pairsOf(groups));
  const left = (layer) => 24 + layer * (WIDTH + GAP_X);
  const places = { left, x: (id) => left(laid.layer.get(id)), top: new Map([...laid.top].map(([id, y]) => [id, y + 24])), bends: laid.bends };
  for (const { way } of laid.bends.values()) for (const bend of way) if (!bend.moved) { bend.y += 24; bend.moved = true; }
  const cards = arranged.map((a) => {
    const card = drawCard(a, seen);
    card.style.transform = `translate(${places.x(a.id)}px, ${places.top.get(a.id)}px)`;
    card.style.height = a.height + 'px';
    a.card = card;
    return card;
  });
  const order = arranged.map((a, i) => i).sort((a, b) => places.x(arranged[a].id) - places.x(arranged[b].id) || places.top.get(arranged[a].id) - places.top.get(arranged[b].id));
  canvas.cards.replaceChildren(...order.map((i) => cards[i]));
  const width = left(laid.layers) - GAP_X + 24;
  const height = laid.height + 48;
  canvas.edges.setAttribute('width', width);
  canvas.edges.setAttribute('height', height);
  drawEdges(canvas.edges, groups, places);
  return { arranged, groups, places, width, height };
}
