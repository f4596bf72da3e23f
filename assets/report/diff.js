// The submitted and the protected text of a script, line beside line.

// Rows of both texts: what is the same in both keeps them level.
function lines(script) {
  const rows = [];
  let row;
  let [left, right] = [1, 1];
  const open = () => { row = { left, right, old: [], now: [], changed: false }; };
  const close = () => { rows.push(row); };
  const ends = (text) => text.split('\n').length - 1;
  open();
  // Edits beside one another for the same reasons say so once, at the last of them.
  const same = (a, b) => a && b && a.why && b.why && a.why.join() === b.why.join();
  script.parts.forEach((part, at) => {
    if (typeof part === 'string') {
      part.split('\n').forEach((text, index) => {
        if (index > 0) { left += 1; right += 1; close(); open(); }
        if (text) { row.old.push({ text }); row.now.push({ text }); }
      });
    } else if ('fault' in part) {
      row.changed = true;
      row.old.push({ text: part.fault, kind: 'fault', why: [part.reason] });
      left += ends(part.fault);
    } else {
      row.changed = true;
      if (part.old) row.old.push({ text: part.old, kind: 'old', why: [] });
      const between = script.parts[at + 1];
      const again = typeof between === 'string' && !between.includes('\n') && same(part, script.parts[at + 2]);
      if (part.new) row.now.push({ text: part.new, kind: 'now', why: part.why, again });
      left += ends(part.old);
      right += ends(part.new);
    }
  });
  close();
  return rows;
}

// Runs of rows: those that are shown, and those that are folded until somebody asks.
function folded(rows) {
  const around = 3;
  const near = rows.map((_, at) => rows.slice(Math.max(0, at - around), at + around + 1).some((r) => r.changed));
  if (!near.some(Boolean)) return [{ rows, shown: rows.length <= 40 }];
  const runs = [];
  rows.forEach((row, at) => {
    const last = runs[runs.length - 1];
    if (last && last.shown === near[at]) last.rows.push(row);
    else runs.push({ rows: [row], shown: near[at] });
  });
  // A fold of two lines hides more than it spares.
  runs.forEach((run) => { if (run.rows.length <= 2) run.shown = true; });
  return runs;
}

function cell(segments, notes, pill) {
  const code = el('code');
  for (const segment of segments) {
    if (!segment.kind) { code.append(segment.text); continue; }
    const tag = { old: 'del', now: 'ins', fault: 'mark' }[segment.kind];
    const why = segment.why.map((n) => notes[n]).filter(Boolean).join('\n');
    const mark = el(tag, why ? { title: why } : {}, segment.text);
    code.append(mark);
    if (!segment.again) segment.why.forEach((n) => code.append(pill(n)));
  }
  return el('td', { class: 'text' }, code);
}

// `pill` makes the sign of a note by its index.
function diffTable(script, notes, pill) {
  const both = script.protected;
  const headings = both ? [el('th', { colspan: 2, scope: 'colgroup' }, 'Submitted'), el('th', { colspan: 2, scope: 'colgroup' }, 'Protected: what may be submitted')]
    : [el('th', { colspan: 2, scope: 'colgroup' }, 'Submitted')];
  const body = el('tbody');
  const line = (row) => {
    const cells = [el('td', { class: 'number' }, String(row.left)), cell(row.old, notes, pill)];
    if (both) cells.push(el('td', { class: 'number' }, String(row.right)), cell(row.now, notes, pill));
    return el('tr', { class: row.changed ? 'changed' : '' }, ...cells);
  };
  for (const run of folded(lines(script))) {
    if (run.shown) { body.append(...run.rows.map(line)); continue; }
    const button = el('button', { type: 'button' }, `${plural(run.rows.length, 'line')} without a change`);
    const fold = el('tr', { class: 'fold' }, el('td', { colspan: both ? 4 : 2 }, button));
    button.addEventListener('click', () => fold.replaceWith(...run.rows.map(line)));
    body.append(fold);
  }
  const columns = (both ? ['number', 'text', 'number', 'text'] : ['number', 'text']).map((kind) => el('col', { class: kind }));
  return el('table', { class: both ? 'diff both' : 'diff' }, el('colgroup', {}, columns), el('thead', {}, el('tr', {}, ...headings)), body);
}
