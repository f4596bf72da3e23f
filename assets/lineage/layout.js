// Layered layout, left to right: every table stands right of what it is made of.
// In: nodes {id, height} and pairs {from, to, fromY, toY, weight}, the Ys being where the edges meet the card, from its top.
// Out: for each node its layer and top, for each long pair the bends it goes through. The steps are Sugiyama's: break cycles, layers, order, places.

const GAP_Y = 28; // between cards of a layer
const BEND = 10; // the height of a long edge that passes a layer

/** @returns {{layer: Map, top: Map, layers: number, height: number, bends: Map}} */
function layered(nodes, pairs) {
  const graph = acyclic(nodes, pairs.filter((p) => p.from !== p.to));
  const layer = layersOf(nodes, graph);
  const { rows, links, bends } = withBends(nodes, graph, layer);
  order(rows, links);
  place(rows, links);
  const top = new Map();
  let height = 0;
  for (const row of rows) {
    for (const item of row) {
      if (!item.bend) top.set(item.id, item.y);
      height = Math.max(height, item.y + item.height);
    }
  }
  return { layer, top, layers: rows.length, height, bends };
}

/** Turns round every edge that closes a cycle, so that the rest has a direction. */
function acyclic(nodes, pairs) {
  const next = new Map(nodes.map((n) => [n.id, []]));
  for (const pair of pairs) next.get(pair.from).push(pair);
  const state = new Map();
  const turned = new Set();
  for (const node of nodes) {
    if (state.has(node.id)) continue;
    const stack = [[node.id, 0]];
    state.set(node.id, 1);
    while (stack.length) {
      const frame = stack[stack.length - 1];
      const pair = next.get(frame[0])[frame[1]++];
      if (!pair) {
        state.set(frame[0], 2);
        stack.pop();
      } else if (state.get(pair.to) === 1) {
        turned.add(pair);
      } else if (!state.has(pair.to)) {
        state.set(pair.to, 1);
        stack.push([pair.to, 0]);
      }
    }
  }
  return pairs.map((p) =>
    turned.has(p)
      ? { pair: p, from: p.to, to: p.from, fromY: p.toY, toY: p.fromY, weight: p.weight }
      : { pair: p, from: p.from, to: p.to, fromY: p.fromY, toY: p.toY, weight: p.weight });
}

/** The longest way from a source; then sources move right, beside what they are used for. */
function layersOf(nodes, graph) {
  const incoming = new Map(nodes.map((n) => [n.id, 0]));
  const next = new Map(nodes.map((n) => [n.id, []]));
  for (const edge of graph) {
    incoming.set(edge.to, incoming.get(edge.to) + 1);
    next.get(edge.from).push(edge.to);
  }
  const sources = nodes.filter((n) => !incoming.get(n.id)).map((n) => n.id);
  const layer = new Map(nodes.map((n) => [n.id, 0]));
  const open = [...sources];
  const left = new Map(incoming);
  for (let i = 0; i < open.length; i++) {
    for (const to of next.get(open[i])) {
      layer.set(to, Math.max(layer.get(to), layer.get(open[i]) + 1));
      left.set(to, left.get(to) - 1);
      if (!left.get(to)) open.push(to);
    }
  }
  for (const id of sources) {
    const users = next.get(id).map((to) => layer.get(to));
    if (users.length) layer.set(id, Math.min(...users) - 1);
  }
  return layer;
}

/** The rows of each layer, with one bend for each table whose long edges pass it: edges of one table run together. */
function withBends(nodes, graph, layer) {
  const rows = [];
  const row = (l) => (rows[l] ??= []);
  const items = new Map();
  for (const node of nodes) {
    const item = { id: node.id, height: node.height, y: 0, bend: false };
    items.set(node.id, item);
    row(layer.get(node.id)).push(item);
  }
  for (let l = 0; l < rows.length; l++) row(l);
  const links = [];
  const chains = new Map(); // "table/layer" of a bend
  const bends = new Map(); // pair -> its bends
  for (const edge of graph) {
    let from = items.get(edge.from);
    let fromY = edge.fromY;
    const way = [];
    for (let l = layer.get(edge.from) + 1; l < layer.get(edge.to); l++) {
      const key = edge.from + '/' + l;
      let bend = chains.get(key);
      if (!bend) {
        bend = { id: key, height: BEND, y: 0, bend: true, layer: l };
        chains.set(key, bend);
        row(l).push(bend);
        links.push({ from, to: bend, fromY, toY: BEND / 2, weight: edge.weight });
      }
      way.push(bend);
      from = bend;
      fromY = BEND / 2;
    }
    links.push({ from, to: items.get(edge.to), fromY, toY: edge.toY, weight: edge.weight });
    if (way.length) bends.set(edge.pair, { way, turned: edge.from !== edge.pair.from });
  }
  return { rows, links, bends };
}

/** Fewer crossings: each row is sorted by the mean place of its neighbours, from both sides in turn; the best order seen is kept. */
function order(rows, links) {
  for (const row of rows) for (const item of row) { item.before = []; item.after = []; }
  for (const link of links) {
    link.to.before.push({ item: link.from, port: link.fromY, weight: link.weight });
    link.from.after.push({ item: link.to, port: link.toY, weight: link.weight });
  }
  const number = (row) => row.forEach((item, at) => { item.at = at; });
  rows.forEach(number);
  let best = null;
  let fewest = Infinity;
  for (let sweep = 0; sweep < 10; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      for (const item of row) {
        const side = down ? item.before : item.after;
        let sum = 0;
        for (const n of side) sum += n.item.at + n.port / (n.item.height + 1);
        item.want = side.length ? sum / side.length : item.at;
      }
      row.sort((a, b) => a.want - b.want);
      number(row);
    }
    const crossings = count(rows);
    if (crossings < fewest) {
      fewest = crossings;
      best = rows.map((row) => [...row]);
    }
    if (!fewest) break;
  }
  if (best) best.forEach((row, l) => { rows[l] = row; number(row); });
}

/** How many edges cross between neighbouring layers (a Fenwick tree over the places of the right one). */
function count(rows) {
  let crossings = 0;
  for (let l = 0; l + 1 < rows.length; l++) {
    const size = rows[l + 1].length;
    const tree = new Array(size + 1).fill(0);
    let seen = 0;
    for (const item of rows[l]) {
      const ends = item.after.map((n) => n.item.at);
      for (const at of ends) {
        let notAfter = 0;
        for (let i = at + 1; i > 0; i -= i & -i) notAfter += tree[i];
        crossings += seen - notAfter;
      }
      for (const at of ends) {
        for (let i = at + 1; i <= size; i += i & -i) tree[i]++;
        seen++;
      }
    }
  }
  return crossings;
}

/** Tops: each item as near to its neighbours as its row leaves room for, in least squares, from both sides in turn. */
function place(rows, links) {
  for (const row of rows) {
    let y = 0;
    for (const item of row) { item.y = y; y += item.height + GAP_Y; }
  }
  for (const link of links) {
    link.to.pulls = (link.to.pulls || []);
    link.from.pulls = (link.from.pulls || []);
    link.to.pulls.push({ item: link.from, by: link.fromY - link.toY, weight: link.weight, left: true });
    link.from.pulls.push({ item: link.to, by: link.toY - link.fromY, weight: link.weight, left: false });
  }
  for (let sweep = 0; sweep < 12; sweep++) {
    const down = sweep % 2 === 0;
    const last = sweep >= 10;
    for (const row of down ? rows : [...rows].reverse()) {
      for (const item of row) {
        let sum = 0;
        let weight = 0;
        for (const pull of item.pulls || []) {
          if (!last && pull.left !== down) continue;
          sum += pull.weight * (pull.item.y + pull.by);
          weight += pull.weight;
        }
        item.want = weight ? sum / weight : item.y;
        item.pull = weight || 0.01;
      }
      settle(row);
    }
  }
  const least = Math.min(...rows.flat().map((item) => item.y), Infinity);
  if (Number.isFinite(least)) for (const item of rows.flat()) item.y -= least;
}

/** Isotonic regression: wanted tops in, tops that keep order and distance out. */
function settle(row) {
  let offset = 0;
  const blocks = [];
  for (const item of row) {
    item.offset = offset;
    offset += item.height + GAP_Y;
    let block = { items: [item], sum: item.pull * (item.want - item.offset), weight: item.pull };
    while (blocks.length) {
      const before = blocks[blocks.length - 1];
      if (before.sum / before.weight <= block.sum / block.weight) break;
      blocks.pop();
      block = { items: before.items.concat(block.items), sum: before.sum + block.sum, weight: before.weight + block.weight };
    }
    blocks.push(block);
  }
  for (const block of blocks) for (const item of block.items) item.y = block.sum / block.weight + item.offset;
}
