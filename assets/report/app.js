// What is chosen, and what follows from it. The address holds it: #view/number.
const $ = (id) => document.getElementById(id);
const PAGE = 500;
const state = { view: 'jobs', at: null, verdict: null, since: null, only: null, user: '', code: '', rule: '', words: '', most: PAGE };

const all = { jobs: entries, tables: tail.tables, people: tail.principals };
const views = [...Object.keys(all), ...(drawing ? ['lineage'] : [])];
const narrows = {
  protected: (e) => e.verdict === 'allowed' && e.filters + e.masks > 0,
  inheriting: (e) => e.verdict === 'allowed' && e.inherited > 0,
};

function shown() {
  const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all[state.view].filter((x) => words.every((w) => x.words.includes(w)));
  if (state.view !== 'jobs') return found;
  return found.filter((e) => (!state.verdict || e.verdict === state.verdict) && (!state.since || e.state === state.since) && (!state.only || narrows[state.only](e))
    && (!state.user || nameOf(e.principal) === state.user) && (!state.code || e.codes.has(state.code)) && (!state.rule || e.rules.has(state.rule)));
}

function drawList() {
  const isPicture = state.view === 'lineage';
  $('picture').hidden = !isPicture;
  $('list').hidden = isPicture;
  if (isPicture) { drawPicture(); return; }
  const found = shown();
  const [headings, list, row] = lists[state.view](found);
  const rows = list.slice(0, state.most).map(row);
  const more = list.length - rows.length;
  const button = more > 0 ? el('button', { type: 'button', class: 'more' }, `Show ${Math.min(more, PAGE)} more of ${more.toLocaleString('en')}`) : null;
  if (button) button.addEventListener('click', () => { state.most += PAGE; drawList(); });
  $('list').replaceChildren(rows.length ? table(headings, rows, state.view) : el('p', { class: 'dim none' }, 'Nothing is called so.'), button || '');
  const total = all[state.view].length;
  const word = { jobs: ['entry', 'entries'], tables: ['table'], people: ['principal'] }[state.view];
  $('count').textContent = found.length === total ? plural(total, ...word) : `${found.length.toLocaleString('en')} of ${plural(total, ...word)}`;
  const filtered = state.view === 'jobs' && (state.verdict || state.since || state.only || state.user || state.code || state.rule);
  $('reset').hidden = !(filtered || state.words);
  mark();
}

// The picture is a page of its own: it is made when somebody first looks at it, and prints and darkens by its own rules.
let frame = null;
function drawPicture() {
  $('count').textContent = '';
  $('reset').hidden = true;
  mark();
  if (frame) return;
  $('picture-says').textContent = drawing.says;
  frame = el('iframe', { title: 'Lineage picture' });
  frame.addEventListener('load', () => {
    const inside = frame.contentDocument;
    ['theme', 'print'].forEach((id) => { inside.getElementById(id).hidden = true; });
    // A link to a place would be one of this page.
    inside.querySelector('.skip').addEventListener('click', (event) => event.preventDefault());
    inside.addEventListener('keydown', printKey);
    darken();
    frame.dataset.drawn = '';
  });
  frame.srcdoc = drawing.page;
  $('picture').append(frame);
}

function darken() {
  const theme = document.documentElement.dataset.theme;
  if (frame && frame.contentDocument && theme) frame.contentDocument.documentElement.dataset.theme = theme;
}

function mark() {
  document.querySelectorAll('#list tr[data-at]').forEach((tr) => tr.classList.toggle('chosen', state.at !== null && Number(tr.dataset.at) === state.at));
  document.querySelectorAll('[role="tab"]').forEach((tab) => tab.setAttribute('aria-selected', String(tab.dataset.view === state.view)));
  document.querySelectorAll('.tile[data-key]').forEach((tile) => tile.setAttribute('aria-pressed', String(state[tile.dataset.key] === (tile.dataset.value || null))));
  document.body.dataset.view = state.view;
  document.body.classList.toggle('open', state.at !== null);
}

function drawDetail() {
  const item = state.at === null || state.view === 'lineage' ? null : all[state.view][state.at];
  $('detail').hidden = !item;
  if (!item) { $('detail').replaceChildren(); return; }
  const close = el('button', { type: 'button', class: 'close', 'aria-label': 'Close' }, '×');
  close.addEventListener('click', () => go(state.view, null));
  $('detail').replaceChildren(close, ...details[state.view](item).filter(Boolean));
  $('detail').scrollTop = 0;
}

function go(view, at) {
  const hash = at === null ? `#${view}` : `#${view}/${at}`;
  if (location.hash === hash) follow(); else location.hash = hash;
}

function follow() {
  const [view, at] = location.hash.slice(1).split('/');
  const known = views.includes(view) ? view : 'jobs';
  const changed = known !== state.view;
  state.view = known;
  state.at = at !== undefined && all[known] && all[known][Number(at)] ? Number(at) : null;
  if (changed) { state.most = PAGE; state.words = ''; $('search').value = ''; drawList(); }
  mark();
  drawDetail();
  const row = document.querySelector('#list tr.chosen');
  if (row) row.scrollIntoView({ block: 'nearest' });
}

function tile(count, label, key, value, kind, why) {
  const button = el('button', { type: 'button', class: `tile ${kind || ''}`, 'data-key': key, 'data-value': value, title: why }, el('b', {}, count.toLocaleString('en')), el('span', {}, label));
  button.addEventListener('click', () => {
    const same = state[key] === value;
    if (!value) { state.verdict = null; state.since = null; state.only = null; } else state[key] = same ? null : value;
    state.most = PAGE;
    if (state.view !== 'jobs') go('jobs', null); else drawList();
    drawList();
  });
  return button;
}

function tiles() {
  const s = tail.summary;
  const row = [tile(s.entries, 'judged', 'verdict', null, '', 'Jobs, once for each principal they were judged for'), tile(s.allowed, 'allowed', 'verdict', 'allowed', 'allowed'), tile(s.denied, 'denied', 'verdict', 'denied', 'denied'),
    tile(s.unjudged, 'unjudged', 'verdict', 'unjudged', 'unjudged', 'The text, the catalog, the owner or an answer is missing: it would not be submitted'),
    tile(s.protected, 'protected', 'only', 'protected', 'protected', 'Allowed, and some rule applies'), tile(s.inheriting, 'with inherited masks', 'only', 'inheriting', 'inheriting', 'Allowed, and a mask came with the data of another job')];
  $('tiles').append(el('div', { class: 'group', role: 'group', 'aria-label': 'Verdicts' }, row));
  if (head.against) {
    const states = [['same', 'same'], ['tighter', 'tighter since'], ['looser', 'looser since'], ['unclear', 'otherwise since'], ['changed', 'script changed'], ['new', 'new']];
    const since = states.map(([word, label]) => tile(s.drift[word] || 0, label, 'since', word, `drift-${word}`));
    const gone = el('div', { class: 'tile flat', title: (tail.gone || []).map((g) => `${g.job || g.sql_sha256} for ${g.user}, checked ${g.time}`).join('\n') }, el('b', {}, s.gone.toLocaleString('en')), el('span', {}, 'gone'));
    $('tiles').append(el('div', { class: 'group', role: 'group', 'aria-label': `Against ${head.against}` }, since, gone));
    if (s.gone) $('tiles').append(el('details', { class: 'gone' }, el('summary', {}, `${plural(s.gone, 'job')} gone since the former check`), el('ul', {}, (tail.gone || []).map((g) => el('li', {}, `${g.job || g.sql_sha256} for ${g.user}, last checked ${moment(g.time)}`)))));
  }
  if (s.lineage_unknown) $('tiles').append(el('p', { class: 'warning' }, `What ${plural(s.lineage_unknown, 'job')} ${s.lineage_unknown === 1 ? 'writes' : 'write'} is not known: what is read of it may be masked less than it should be.`));
}

function options(id, key, first, values) {
  const select = $(id);
  select.append(el('option', { value: '' }, first), ...[...new Set(values)].sort().map((v) => el('option', { value: v }, v)));
  select.addEventListener('change', () => { state[key] = select.value; state.most = PAGE; drawList(); });
}

function theme() {
  const dark = () => (document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const say = () => { $('theme').textContent = dark() ? 'Light' : 'Dark'; };
  $('theme').addEventListener('click', () => { document.documentElement.dataset.theme = dark() ? 'light' : 'dark'; say(); darken(); });
  say();
}

function move(by) {
  const links = [...document.querySelectorAll('#list td.main a')];
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))];
  if (next) { next.focus(); if (state.at !== null) next.click(); }
}

// On paper a frame ends where it does on a screen: what is in it prints itself, whole.
function printAll() {
  if (state.view === 'lineage' && frame) frame.contentWindow.print(); else print();
}

function printKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.key === 'p' && state.view === 'lineage') { event.preventDefault(); printAll(); }
}

function key(event) {
  printKey(event);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key === 'Escape') {
    if (typing) event.target.blur(); else if (state.at !== null) {
      const at = state.at;
      go(state.view, null);
      const row = document.querySelector(`#list tr[data-at="${at}"] a`);
      if (row) row.focus();
    }
  } else if (typing) {
    if (event.key === 'Enter' && event.target === $('search')) move(0);
    return;
  } else if (event.key === '/') $('search').focus();
  else if (event.key === 'ArrowDown' || event.key === 'j') move(1);
  else if (event.key === 'ArrowUp' || event.key === 'k') move(-1);
  else if (views[Number(event.key) - 1]) go(views[Number(event.key) - 1], null);
  else return;
  event.preventDefault();
}

const policy = tail.policy.hash ? `policy version ${tail.policy.version} (${tail.policy.hash.slice(0, 12)})` : 'no policy was asked';
$('about').textContent = `${moment(head.time)} · ${head.rules} · ${policy} · sqlsec ${head.sqlsec}${head.against ? ` · against ${head.against}` : ''}`;
tiles();
options('by-user', 'user', 'everybody', entries.map((e) => nameOf(e.principal)));
options('by-code', 'code', 'any', entries.flatMap((e) => [...e.codes]));
options('by-rule', 'rule', 'any', entries.flatMap((e) => [...e.rules]));
document.querySelectorAll('[role="tab"]').forEach((tab) => tab.addEventListener('click', () => go(tab.dataset.view, null)));
$('search').addEventListener('input', () => { state.words = $('search').value; state.most = PAGE; drawList(); });
$('reset').addEventListener('click', () => {
  Object.assign(state, { verdict: null, since: null, only: null, user: '', code: '', rule: '', words: '' });
  ['search', 'by-user', 'by-code', 'by-rule'].forEach((id) => { $(id).value = ''; });
  drawList();
});
$('list').addEventListener('click', (event) => {
  const row = event.target.closest('tr[data-at]');
  if (row && !event.target.closest('a')) go(state.view, Number(row.dataset.at));
});
$('tab-lineage').hidden = !drawing;
$('print').addEventListener('click', printAll);
document.addEventListener('keydown', key);
addEventListener('hashchange', follow);
theme();
drawList();
follow();
document.documentElement.dataset.drawn = String(Math.round(performance.now()));
