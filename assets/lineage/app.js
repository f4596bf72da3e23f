// What the reader does, and what follows from it.

const $ = (id) => document.getElementById(id);
const parts = { canvas: $('canvas'), cards: $('cards'), edges: $('edges') };
const state = {
  view: model.data.principals.length ? 0 : -1,
  hidden: new Set(), // states that are not shown
  indirect: true,
  depth: 0,
  fold: new Map(), // table -> 'open' | 'shut' | 'cut'
  column: null,
  table: null,
  keys: false,
  zoom: 1,
};
let drawn = null;

function seen() {
  const around = state.column ? model.columns.get(state.column).table.index : state.table;
  return {
    view: state.view,
    indirect: state.indirect,
    tables: state.depth && around !== null ? near(around, state.depth) : null,
    column: (column) => {
      const protection = protectionOf(column, state.view);
      // Of what nobody was asked about nothing is known that would make it worth showing.
      const hidden = protection ? state.hidden.has(protection.state) : state.view >= 0 && state.hidden.has('unknown');
      return !hidden || column.key === state.column;
    },
    fold: (table, count) => state.fold.get(table.index) || (count > LONG ? 'cut' : 'open'),
  };
}

function redraw() {
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.column : null;
  drawn = draw(parts, seen());
  zoomTo(state.zoom);
  light();
  rove();
  countStates();
  if (focused) focusColumn(focused);
}

/** One row alone is in the order of Tab; arrows move it. */
function rove(element) {
  const old = parts.cards.querySelector('[tabindex="0"]');
  const next = element || (state.column && rowOf(state.column)) || parts.cards.querySelector('.row, .name');
  if (old) old.tabIndex = -1;
  if (next) next.tabIndex = 0;
}

function rowOf(key) {
  return parts.cards.querySelector(`[data-column="${key}"]`);
}

function focusColumn(key) {
  const row = rowOf(key);
  if (!row) return;
  rove(row);
  row.focus({ preventScroll: true });
  reveal(row);
}

function reveal(element) {
  element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

/** What is lit: the whole way of the chosen column. The rest fades. */
function light() {
  const path = state.column ? pathOf(state.column, state.indirect) : null;
  document.body.classList.toggle('chosen', Boolean(path));
  for (const row of parts.cards.querySelectorAll('.row')) {
    const key = row.dataset.column;
    const on = Boolean(path && path.columns.has(key));
    row.classList.toggle('lit', on);
    row.classList.toggle('condition', Boolean(path && !on && path.conditions.has(key)));
    row.classList.toggle('self', key === state.column);
    row.setAttribute('aria-pressed', String(key === state.column));
  }
  for (const a of drawn.arranged) {
    const touched = path && a.wanted.some((c) => path.columns.has(c.key) || path.conditions.has(c.key));
    a.card.classList.toggle('lit', Boolean(touched));
    a.card.classList.toggle('self', state.table === a.id);
    const more = a.card.querySelector('.more');
    if (more) more.classList.toggle('lit', Boolean(path && a.wanted.slice(a.shown.length).some((c) => path.columns.has(c.key))));
  }
  lightEdges(path);
}

/** Lit lines stand in a group of their own, so that the others fade as one and never add up. */
function lightEdges(path) {
  const [all, way] = parts.edges.children;
  for (const old of way.querySelectorAll('.kind')) old.remove();
  all.prepend(...way.children);
  if (!path) return;
  const lit = drawn.groups.filter((group) => group.edges.some((e) => path.edges.has(e.index)));
  for (const group of lit) way.append(group.line, ...group.marks);
  if (lit.length <= 80) way.append(...labels(lit, true, 'kind'));
}

function tell() {
  const panel = $('panel');
  const content = state.keys ? keysPanel() : state.column ? columnPanel(state.column, state.view) : state.table !== null ? tablePanel(state.table, state.view) : overview();
  panel.replaceChildren(...content.filter(Boolean));
  panel.scrollTop = 0;
}

function choose(key, focus) {
  state.keys = false;
  state.table = null;
  state.column = key;
  const column = model.columns.get(key);
  const fold = seen().fold(column.table, column.table.columns.length);
  const visible = rowOf(key);
  if (!visible && fold !== 'open') state.fold.set(column.table.index, 'open');
  if (!visible || state.depth) redraw();
  else light();
  tell();
  if (focus) focusColumn(key);
}

function chooseTable(index) {
  Object.assign(state, { keys: false, column: null, table: index });
  if (state.depth) redraw();
  else light();
  tell();
  const card = parts.cards.querySelector(`[data-card="${index}"]`);
  if (card) { reveal(card); card.querySelector('.name').focus({ preventScroll: true }); rove(card.querySelector('.name')); }
}

function letGo() {
  const focus = state.column;
  Object.assign(state, { keys: false, column: null, table: null });
  if (state.depth) redraw();
  else light();
  tell();
  if (focus) focusColumn(focus);
}

// -- zoom -----------------------------------------------------------------

function zoomTo(zoom, about) {
  const port = $('viewport');
  const next = Math.min(2, Math.max(0.1, zoom));
  const [px, py] = about || [port.clientWidth / 2, port.clientHeight / 2];
  const [cx, cy] = [(port.scrollLeft + px) / state.zoom, (port.scrollTop + py) / state.zoom];
  state.zoom = next;
  parts.canvas.style.transform = `scale(${next})`;
  $('sizer').style.width = drawn.width * next + 'px';
  $('sizer').style.height = drawn.height * next + 'px';
  port.scrollLeft = cx * next - px;
  port.scrollTop = cy * next - py;
  center();
}

/** A picture smaller than its place stands in the middle of it. */
function center() {
  const port = $('viewport');
  const free = (space, size) => Math.max(0, (space - size * state.zoom) / 2);
  const [x, y] = [free(port.clientWidth, drawn.width), free(port.clientHeight, drawn.height) * 0.6];
  parts.canvas.style.left = x + 'px';
  parts.canvas.style.top = y + 'px';
}

function fit(least) {
  const port = $('viewport');
  const zoom = Math.min(1, port.clientWidth / drawn.width, port.clientHeight / drawn.height);
  zoomTo(Math.max(least, zoom));
  if (zoom < least) port.scrollTo(0, 0);
  center();
}

// -- protection: who looks, and what is counted ----------------------------

function countStates() {
  const box = $('states');
  if (state.view < 0) { box.hidden = true; return; }
  const counts = {};
  for (const column of model.columns.values()) {
    const protection = protectionOf(column, state.view);
    if (protection) counts[protection.state] = (counts[protection.state] || 0) + 1;
  }
  box.replaceChildren(...Object.entries(STATES).map(([name, { label, icon: sign }]) =>
    h('button', { type: 'button', class: 's-' + name, 'data-state': name, 'aria-pressed': String(!state.hidden.has(name)), title: 'Show or hide' },
      icon(sign), `${counts[name] || 0} ${label}`)));
  $('protected').checked = state.hidden.has('raw') && state.hidden.has('unknown') && state.hidden.size === 2;
}

function onlyProtected(on) {
  state.hidden = new Set(on ? ['raw', 'unknown'] : []);
  redraw();
}

// -- search ---------------------------------------------------------------

function find() {
  const found = search($('search').value, 40);
  const list = $('hits');
  list.replaceChildren(...found.map(({ table, column }, at) =>
    h('li', { role: 'option', id: 'hit-' + at, 'aria-selected': 'false', 'data-hit': column ? column.key : '', 'data-hit-table': table.index },
      column ? fullName(column) : nameOf(table), h('span', { class: 'kind-of' }, column ? column.type || 'column' : 'table'))));
  if (!found.length && $('search').value.trim()) list.append(h('li', { role: 'option', 'aria-selected': 'false', 'aria-disabled': 'true' }, 'nothing found'));
  list.hidden = !$('search').value.trim();
  $('search').setAttribute('aria-expanded', String(!list.hidden));
  moveHit(0, true);
}

function moveHit(step, first) {
  const hits = [...$('hits').querySelectorAll('[data-hit-table]')];
  const now = hits.findIndex((e) => e.getAttribute('aria-selected') === 'true');
  const next = hits.length ? (first ? 0 : (now + step + hits.length) % hits.length) : -1;
  hits.forEach((e, i) => e.setAttribute('aria-selected', String(i === next)));
  if (next >= 0) { $('search').setAttribute('aria-activedescendant', hits[next].id); reveal(hits[next]); } else $('search').removeAttribute('aria-activedescendant');
}

function takeHit(hit) {
  if (!hit || hit.dataset.hitTable === undefined) return;
  $('hits').hidden = true;
  $('search').setAttribute('aria-expanded', 'false');
  showTables(false);
  if (hit.dataset.hit) choose(hit.dataset.hit, true);
  else chooseTable(Number(hit.dataset.hitTable));
}

// -- keys -----------------------------------------------------------------

/** The next row in this direction: within the card, or along an edge. */
function step(from, key) {
  if (key === 'ArrowUp' || key === 'ArrowDown') {
    const rows = [...from.closest('.card').querySelectorAll('.name, .row, .more')];
    return rows[rows.indexOf(from) + (key === 'ArrowDown' ? 1 : -1)];
  }
  const forward = key === 'ArrowRight';
  const column = from.dataset.column;
  if (column) {
    const edges = (forward ? model.outOf : model.into).get(column) || [];
    for (const edge of edges) {
      const next = forward ? edge.target : edge.source;
      if (next && rowOf(next)) return rowOf(next);
    }
  }
  const table = Number(from.closest('.card').dataset.card);
  const beside = model.data.links.find((l) => (forward ? l.from[0] === table && l.to[0] !== table : l.to[0] === table && l.from[0] !== table));
  return beside ? parts.cards.querySelector(`[data-card="${forward ? beside.to[0] : beside.from[0]}"] .name`) : null;
}

function keydown(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (target.id === 'search') return searchKey(event);
  if (/^(SELECT|INPUT|TEXTAREA)$/.test(target.tagName)) return;
  const inCard = target.closest && target.closest('.card');
  if (inCard && /^Arrow/.test(event.key)) {
    const next = step(target, event.key);
    event.preventDefault();
    if (next) { rove(next); next.focus({ preventScroll: true }); reveal(next); }
    return;
  }
  const act = {
    Escape: letGo, '/': () => $('search').focus(), '+': () => zoomTo(state.zoom * 1.2), '=': () => zoomTo(state.zoom * 1.2), '-': () => zoomTo(state.zoom / 1.2),
    0: () => fit(0.1), p: () => state.view >= 0 && onlyProtected(!$('protected').checked), i: () => $('indirect').click(), t: () => $('tables').click(), '?': () => $('help').click(),
  }[event.key];
  if (act) { event.preventDefault(); act(); }
}

function searchKey(event) {
  const moves = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in moves) { event.preventDefault(); moveHit(moves[event.key]); }
  else if (event.key === 'Enter') { event.preventDefault(); takeHit($('hits').querySelector('[aria-selected="true"]')); }
  else if (event.key === 'Escape') { event.preventDefault(); $('search').value = ''; find(); $('viewport').focus(); }
}

// -- the rest ---------------------------------------------------------------

/** The tables are in the file for whoever runs no scripts; parsing thousands of rows waits until somebody wants to see them. */
function fillTables() {
  const source = $('tables-source');
  if (!source) return;
  // The file's own markup, in which every name is escaped.
  const parsed = new DOMParser().parseFromString(source.textContent, 'text/html');
  $('plain').replaceChildren(...parsed.body.childNodes);
}

function showTables(on) {
  if (on) fillTables();
  document.body.classList.toggle('tables', on);
  $('tables').setAttribute('aria-pressed', String(on));
  if (on) $('plain').focus({ preventScroll: true });
}

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  $('theme').textContent = dark ? 'Dark' : 'Light';
}

function foldAll(how) {
  for (const table of model.data.tables) state.fold.set(table.index, how);
  redraw();
  fit(0.5);
}

function clicked(event) {
  const on = (name) => event.target.closest(`[data-${name}]`);
  let hit;
  if ((hit = on('fold'))) { const t = Number(hit.dataset.fold); state.fold.get(t) === 'shut' ? state.fold.delete(t) : state.fold.set(t, 'shut'); redraw(); const again = parts.cards.querySelector(`[data-fold="${t}"]`); if (again) again.focus(); }
  else if ((hit = on('more'))) { const t = Number(hit.dataset.more); state.fold.get(t) === 'open' ? state.fold.delete(t) : state.fold.set(t, 'open'); redraw(); }
  else if ((hit = on('column'))) { rove(hit); hit.dataset.column === state.column ? letGo() : choose(hit.dataset.column, false); }
  else if ((hit = on('table'))) { rove(hit); chooseTable(Number(hit.dataset.table)); }
  else if ((hit = on('go'))) choose(hit.dataset.go, true);
  else if ((hit = on('go-table'))) chooseTable(Number(hit.dataset.goTable));
  else if (on('close')) letGo();
  else if ((hit = on('state'))) { const name = hit.dataset.state; state.hidden.has(name) ? state.hidden.delete(name) : state.hidden.add(name); redraw(); const again = $('states').querySelector(`[data-state="${name}"]`); if (again) again.focus(); }
  else if ((hit = on('hit-table'))) takeHit(hit);
  else if (event.target.closest('#viewport') && !event.target.closest('.card') && !dragged && (state.column || state.table !== null)) letGo();
  if (!event.target.closest('.find')) $('hits').hidden = true;
}

/** Dragging the ground moves it. */
let dragged = false;
function drag(event) {
  const port = $('viewport');
  if (event.button !== 0 || event.target.closest('.card')) return;
  const [x, y, left, top] = [event.clientX, event.clientY, port.scrollLeft, port.scrollTop];
  dragged = false;
  const move = (e) => {
    if (Math.abs(e.clientX - x) + Math.abs(e.clientY - y) > 4) dragged = true;
    port.scrollLeft = left - (e.clientX - x);
    port.scrollTop = top - (e.clientY - y);
  };
  const end = () => { removeEventListener('pointermove', move); removeEventListener('pointerup', end); };
  addEventListener('pointermove', move);
  addEventListener('pointerup', end);
}

function printing() {
  const before = { zoom: state.zoom };
  fillTables();
  addEventListener('afterprint', () => zoomTo(before.zoom), { once: true });
  zoomTo(Math.min(1, 1040 / drawn.width));
  parts.canvas.style.left = parts.canvas.style.top = '0';
}

function start() {
  if (state.view < 0) { $('view-box').hidden = true; $('protected').closest('label').hidden = true; }
  $('view').replaceChildren(...model.data.principals.map((name, at) => h('option', { value: at }, name)));
  $('view').addEventListener('change', (e) => { state.view = Number(e.target.value); redraw(); tell(); });
  $('protected').addEventListener('change', (e) => onlyProtected(e.target.checked));
  $('indirect').addEventListener('change', (e) => { state.indirect = e.target.checked; redraw(); });
  $('depth').addEventListener('change', (e) => { state.depth = Number(e.target.value); redraw(); fit(0.5); });
  $('open-all').addEventListener('click', () => foldAll('open'));
  $('shut-all').addEventListener('click', () => foldAll('shut'));
  $('in').addEventListener('click', () => zoomTo(state.zoom * 1.2));
  $('out').addEventListener('click', () => zoomTo(state.zoom / 1.2));
  $('fit').addEventListener('click', () => fit(0.1));
  $('tables').addEventListener('click', () => showTables(!document.body.classList.contains('tables')));
  $('print').addEventListener('click', () => print());
  $('theme').addEventListener('click', theme);
  $('help').addEventListener('click', () => { state.keys = !state.keys; tell(); });
  $('search').addEventListener('input', find);
  document.querySelector('.skip').addEventListener('click', () => showTables(true));
  document.addEventListener('click', clicked);
  document.addEventListener('keydown', keydown);
  $('viewport').addEventListener('pointerdown', drag);
  $('viewport').addEventListener('wheel', (e) => {
    if (!e.ctrlKey) return;
    e.preventDefault();
    const box = $('viewport').getBoundingClientRect();
    zoomTo(state.zoom * Math.exp(-e.deltaY / 300), [e.clientX - box.left, e.clientY - box.top]);
  }, { passive: false });
  addEventListener('beforeprint', printing);
  if (matchMedia('(prefers-color-scheme: dark)').matches) $('theme').textContent = 'Light';
  document.body.classList.add('scripted');
  redraw();
  fit(0.7);
  tell();
  addEventListener('resize', center);
}

const began = performance.now();
start();
document.getElementById('cards').getBoundingClientRect(); // lay out now, so that the time below is honest
document.documentElement.dataset.drawn = String(Math.round(performance.now() - began));
document.documentElement.dataset.ready = String(Math.round(performance.now())); // since the file was asked for
