// What is picked on the page: sorting and filtering its tables, planning a case, drawing a figure, and the address
// that has all of it. Every figure comes from the record; a plan is worked out as `compare plan` does it, by
// the rules of `analysis::plan`, and a test holds the two against each other.
'use strict';
(() => {
const figures = JSON.parse(document.getElementById('figures').textContent) || {};
const $ = (id) => document.getElementById(id);
const NONE = '—';

/** An element with properties and children. Text is never markup. */
function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value; else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Names of the record that go into a sentence: no character of them is a mark of ours. */
const literally = (text) => text.replace(/[`*]/g, (mark) => String.fromCharCode(0xe000 + mark.charCodeAt(0)));
const asItIs = (text) => text.replace(/[\ue02a\ue060]/g, (mark) => String.fromCharCode(mark.charCodeAt(0) - 0xe000));
for (const part of [...(figures.plan?.timer ?? []), ...(figures.plan?.http ?? [])]) part.names = part.names.map(literally);

/** Text in which what stands between backticks is code and what stands between ** is strong. */
function say(text) {
  return text.split(/(`[^`]*`|\*\*[^*]*\*\*)/).map((part) => {
    if (part.length > 1 && part.startsWith('`') && part.endsWith('`')) return make('code', {}, asItIs(part.slice(1, -1)));
    if (part.length > 3 && part.startsWith('**')) return make('strong', {}, asItIs(part.slice(2, -2)));
    return asItIs(part);
  });
}

// How numbers are written: as `report::format` does it.

/** As many digits after the point; halves go to the even digit. */
function fixed(value, decimals) {
  const exact = value.toFixed(20);
  const end = exact.indexOf('.') + 1 + decimals;
  if (!/^50*$/.test(exact.slice(end))) return value.toFixed(decimals);
  const below = exact.slice(0, decimals === 0 ? end - 1 : end);
  const step = 10 ** -decimals;
  return Number(below.slice(-1)) % 2 === 0 ? below : (Number(below) + step).toFixed(decimals);
}
function grouped(digits) { return digits.replace(/\B(?=(\d{3})+$)/g, ','); }
function count(value) { return grouped(String(Math.round(value))); }
function number(value, decimals) {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '−∞' : NONE;
  const plain = fixed(Math.abs(value), decimals);
  const [whole, part] = plain.split('.');
  const sign = value < 0 && /[1-9]/.test(plain) ? '−' : '';
  return sign + grouped(whole) + (part === undefined ? '' : '.' + part);
}
function decimals(value) { const size = Math.abs(value); return size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2; }
function trimmed(text) { return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text; }
function plain(value) { return trimmed(number(value, decimals(value))); }
function scaled(value, step, units) {
  let at = 0;
  for (;;) {
    const size = Math.abs(value);
    const shown = size < 100 ? size : Math.round(size);
    if (shown < step || at === units.length - 1) break;
    value /= step;
    at += 1;
  }
  return `${trimmed(number(value, decimals(value)))} ${units[at]}`;
}
const bytes = (value) => scaled(value, 1000, ['B', 'kB', 'MB', 'GB', 'TB']);
const size = (value) => scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
const duration = (value) => scaled(value, 1000, ['ns', 'µs', 'ms', 's']);
function times(ratio) {
  const size = Math.abs(ratio);
  return number(ratio, size >= 9.95 ? 0 : size >= 1.995 ? 1 : 2);
}
function percent(part) {
  const value = part * 100, size = Math.abs(value);
  if (size !== 0 && size < 0.05) return 'under 0.1 %';
  if (size > 1000) return 'over 1,000 %';
  return size >= 9.95 ? `${number(value, 0)} %` : `${trimmed(number(value, 1))} %`;
}
const WRITTEN = { bytes, size, nanoseconds: duration, times, share: percent };
function written(value, unit) { return (WRITTEN[unit] || plain)(value); }
function withInterval(of, unit) {
  const value = written(of.value, unit);
  if (!isBounded(of)) return value;
  let low = written(of.low, unit);
  const high = written(of.high, unit);
  const [lowNumber, lowUnit] = low.split(/ (.*)/), highUnit = high.split(/ (.*)/)[1];
  if (lowUnit !== undefined && lowUnit === highUnit) low = lowNumber;
  return `${value} (${low}–${high})`;
}
function list(items) {
  if (items.length < 2) return items.join('');
  const between = items.some((item) => item.includes(', ')) ? '; ' : ', ';
  return `${items.slice(0, -1).join(between)} and ${items[items.length - 1]}`;
}
function capital(words) { const [first = '', ...rest] = words; return first.toUpperCase() + rest.join(''); }

// Values with intervals: as `analysis::estimate` does it.

const isBounded = (of) => Number.isFinite(of.low) && Number.isFinite(of.high);
const lone = (value) => ({ value, low: -Infinity, high: Infinity });
const exactly = (value) => ({ value, low: value, high: value });
const known = (of) => of && { value: of.value, low: of.low ?? -Infinity, high: of.high ?? Infinity };
const short = ([value, low, high]) => ({ value, low: low ?? -Infinity, high: high ?? Infinity });
const times_ = (of, by) => (isBounded(of) ? { value: of.value * by, low: of.low * by, high: of.high * by } : lone(of.value * by));
const plus = (a, b) => ({ value: a.value + b.value, low: a.low + b.low, high: a.high + b.high });

// A plan: as `analysis::plan` works it out.

const FEWEST_FOR_CPU = 1000, ROOM = 2, PART_OF_MEMORY = 0.1, PART_OF_CORES = 0.5, MOST = 2 ** 40;

function curveAt(curve, tasks) {
  const { points } = curve, slope = known(curve.slope);
  const after = points.findIndex((point) => point.tasks >= tasks);
  const above = after < 0 ? undefined : points[after];
  const below = points[(after < 0 ? points.length : after) - 1];
  let whole;
  if (!below && !above) return times_(slope, tasks);
  if (!below) whole = known(above.whole);
  else if (!above) whole = plus(known(below.whole), times_(slope, tasks - below.tasks));
  else {
    const part = (tasks - below.tasks) / (above.tasks - below.tasks);
    whole = plus(times_(known(below.whole), 1 - part), times_(known(above.whole), part));
  }
  if (!isBounded(slope)) return lone(whole.value);
  const wide = Math.max(slope.high - slope.value, slope.value - slope.low) * tasks;
  return { value: whole.value, low: Math.min(whole.low, whole.value - wide), high: Math.max(whole.high, whole.value + wide) };
}
const largest = (curve) => (curve && curve.points.length ? curve.points[curve.points.length - 1].tasks : 0);
function perTask(curve, asked) {
  const [first] = curve.points;
  const tasks = Math.max(asked, Math.min(FEWEST_FOR_CPU, largest(curve)));
  if (!first || tasks <= first.tasks) return null;
  const whole = curveAt(curve, tasks), more = tasks - first.tasks;
  const less = (one) => Math.max((one - first.whole.value) / more, 0);
  if (!isBounded(whole)) return lone(less(whole.value));
  return { value: less(whole.value), low: less(whole.low), high: less(whole.high) };
}
function straight(steps, state, read, perByte) {
  let below = [0, exactly(0)];
  for (const step of steps) {
    const here = known(read(step));
    if (!here) continue;
    if (state <= step.state_bytes) {
      const part = (state - below[0]) / (step.state_bytes - below[0]);
      return plus(times_(below[1], 1 - part), times_(here, part));
    }
    below = [step.state_bytes, here];
  }
  return below[0] > 0 ? plus(below[1], exactly((state - below[0]) * perByte)) : null;
}
function stateMemory(law, state) {
  if (state === 0) return exactly(0);
  const measured = law.steps.find((step) => step.state_bytes === state);
  if (measured) return known(measured.memory);
  if (law.memory.pages) {
    const { page_bytes: page, least, most } = law.memory.pages, ROOMS = 64;
    const pages = (room) => Math.ceil(Math.max(state - room, 0) / page) * page;
    let sum = 0;
    for (let at = 0; at < ROOMS; at += 1) sum += pages(least + Math.floor(((most - least) * (2 * at + 1)) / (2 * ROOMS)));
    return { value: sum / ROOMS, low: pages(most - 1), high: pages(least) };
  }
  return straight(law.steps, state, (step) => step.memory, 1) || lone(state);
}
function stateCpu(law, state) {
  if (state === 0) return exactly(0);
  const last = [...law.steps].reverse().find((step) => step.cpu);
  return last ? straight(law.steps, state, (step) => step.cpu, last.cpu.value / last.state_bytes) : null;
}
function memoryAt(of, tasks, state) {
  return of.memory ? plus(curveAt(of.memory, tasks), times_(stateMemory(of.state, state), tasks)) : null;
}
function cpuPerTask(of, tasks, state) {
  const plain = of.cpu && perTask(of.cpu, tasks);
  if (!plain) return null;
  const more = stateCpu(of.state, state);
  return more ? plus(plain, more) : plain;
}
function tasksIn(of, memory, state) {
  if (!of.memory) return null;
  const needs = (tasks) => memoryAt(of, tasks, state).value;
  if (needs(1) > memory) return 0;
  let enough = 1, tooMany = MOST;
  while (tooMany - enough > 1) {
    const middle = enough + Math.floor((tooMany - enough) / 2);
    if (needs(middle) <= memory) enough = middle; else tooMany = middle;
  }
  return enough;
}
function nearest(byNumber, wanted) {
  const away = (at) => Math.abs(Math.log(at / Math.max(wanted, 1)));
  const all = Object.entries(byNumber).map(([at, p99]) => [Number(at), known(p99)]).sort((a, b) => a[0] - b[0]);
  return all.reduce((best, one) => (!best || away(one[0]) < away(best[0]) ? one : best), null);
}

/** How many tasks wait at once: with a rate, rate × wait. `null` where only memory is given. */
function waitingOf({ tasks, rate, wait }) {
  const byRate = rate === null ? null : Math.max(Number((BigInt(rate) * BigInt(wait) + 999999999n) / 1000000000n), 1);
  if (tasks !== null && byRate !== null) return Math.min(tasks, byRate);
  return tasks ?? byRate;
}

/** What a case costs each contestant, or why that is not to be said. */
function plan(asked) {
  const of = figures.plan, parts = of[asked.work];
  let memory = of.memory && { limit: of.memory[0], value: of.memory[1], isGiven: false };
  if (asked.memory !== null && (!memory || asked.memory <= memory.value)) {
    memory = { limit: of.memory_given, value: asked.memory, isGiven: true };
  }
  const waiting = waitingOf(asked);
  if (waiting === null && asked.memory === null) return { problem: 'There is nothing to plan: give tasks, a rate or memory.' };
  const state = asked.state * (waiting ?? 1);
  if (memory && state > memory.value) {
    return { problem: `The live state alone is ${size(state)}, and there are ${size(memory.value)} of memory: give fewer tasks, less state or more memory.` };
  }
  if (!parts.some((part) => part.of.memory)) return { problem: 'The record has no fit of this work for any contestant.' };
  const perSecond = asked.rate ?? (waiting === null ? null : waiting * (1e9 / asked.wait));
  const largestState = Math.max(...parts.map((part) => largestStep(part)));
  const context = { asked, waiting, perSecond, memory, largestState, cores: of.cores };
  const rows = parts.map((part) => row(part, context));
  rank(rows, waiting !== null);
  return { ...context, rows, advice: advice(rows, context) };
}
const largestStep = (part) => part.of.state.steps.reduce((most, step) => Math.max(most, step.state_bytes), 0);

function row(part, { asked, waiting: all, perSecond, memory, largestState, cores }) {
  const { of } = part, { state } = asked;
  const ceilings = of.ceilings.map((one, at) => ({ ...one, words: part.limits[at], isMemory: false }));
  if (memory) {
    const tasks = tasksIn(of, memory.value, state);
    const each = (of.memory ? of.memory.slope.value : 0) + stateMemory(of.state, state).value;
    const limit = `${memory.limit} ${size(memory.value)}`;
    const words = { limit, whole: `${limit}, ${bytes(each)} a task`, command: memory.isGiven ? null : figures.plan.memory_command };
    if (tasks !== null) ceilings.push({ value: memory.value, per_task: each, tasks, words, isMemory: true });
  }
  ceilings.sort((a, b) => a.tasks - b.tasks);
  const waiting = all === null ? null : of.is_one_at_a_time ? 1 : all;
  const mostMeasured = of.memory ? largest(of.memory) : 1;
  const cpu = cpuPerTask(of, Math.min(waiting ?? Infinity, mostMeasured), state);
  const busy = cpu && perSecond !== null ? times_(cpu, perSecond / 1e9) : null;
  const inTheWay = ceilings.filter((one) => one.tasks < (waiting ?? 1));
  const beyond = ceilings.filter((one) => one.tasks >= (waiting ?? 1));
  const late = (asked.rate !== null && nearest(of.late_at_rate, asked.rate)) || (all !== null && nearest(of.late, all)) || null;
  const isAtRate = asked.rate !== null && Object.keys(of.late_at_rate).length > 0;
  const own = largestStep(part);
  const stretches = [];
  if (waiting !== null && waiting > mostMeasured) stretches.push(`measured with at most ${count(mostMeasured)} tasks; this is ${times((all ?? 0) / Math.max(mostMeasured, 1))} times as many`);
  if (state > 0 && own === 0) stretches.push('no state was measured; a byte is taken for a byte, without an interval');
  if (state > 0 && own > 0 && state > own) stretches.push(`measured with at most ${size(own)} of state; beyond that a byte is taken for a byte`);
  if (state > 0 && own > 0 && of.state_of !== asked.work) stretches.push('what state adds was measured of tasks that wait for timers');
  return {
    part, cpu, busy, inTheWay, late, isAtRate, stretches,
    memory: waiting === null ? null : memoryAt(of, waiting, state),
    next: beyond[0] || null,
    most: of.is_one_at_a_time ? 1 : ceilings.length ? ceilings[0].tasks : null,
    outcome: outcome(),
    isBeyond: waiting !== null && waiting > mostMeasured,
  };

  function outcome() {
    const many = all ?? 2;
    if (of.is_one_at_a_time && many > 1) return { kind: 'one-at-a-time', takes: (asked.tasks ?? many) * asked.wait };
    if (!of.memory && !of.is_one_at_a_time) return { kind: 'no-fit' };
    if (state > own && largestState >= state) return { kind: 'state-not-held' };
    if (inTheWay.length) return { kind: 'stopped', by: inTheWay[0] };
    const has = part.of.is_on_one_thread ? 1 : cores;
    if (asked.rate !== null && busy && busy.value > has) return { kind: 'too-busy', cores: has };
    return { kind: 'fits' };
  }
}

function rank(rows, hasTasks) {
  const tenth = (of) => (of ? Math.round(Math.log(Math.max(of.value, 1)) / Math.log(1.1)) : Infinity);
  const key = (one) => [one.outcome.kind !== 'fits', hasTasks ? 0 : -(one.most ?? 0), tenth(one.memory), one.cpu ? Math.trunc(one.cpu.value) : Infinity];
  const keyed = new Map(rows.map((one) => [one, key(one)]));
  rows.sort((a, b) => {
    const [one, other] = [keyed.get(a), keyed.get(b)];
    const at = one.findIndex((value, index) => value !== other[index]);
    return at < 0 ? 0 : one[at] < other[at] ? -1 : 1;
  });
}

function advice(rows, context) {
  const fits = (one) => one.outcome.kind === 'fits';
  const isChoice = ({ part }) => part.model === 'coroutines' && !part.is_by_hand && !part.of.has_caution;
  const isMovable = (one) => one.outcome.kind === 'stopped' && !one.inTheWay.some((by) => by.isMemory);
  const choices = rows.filter(isChoice);
  const runtimes = [...choices.filter(fits), ...choices.filter(isMovable)];
  const runtime = runtimes.find((one) => !one.part.of.is_on_one_thread) || runtimes[0] || null;
  const threads = rows.find((one) => one.part.is_reference) || null;
  const reasons = against(threads, runtime, context);
  if (threads && !reasons.length) {
    const saves = runtime && threads.memory && runtime.memory ? threads.memory.value - runtime.memory.value : null;
    return { kind: 'threads', row: threads, lightest: runtime, saves };
  }
  if (runtime) return { kind: 'runtime', row: runtime, reasons };
  const other = rows.find((one) => fits(one) && !one.part.of.has_caution);
  if (other && other.part.model === 'threads') return { kind: 'threads', row: other, lightest: null, saves: null };
  return { kind: 'nothing' };
}

function against(threads, runtime, { asked, waiting, memory, cores }) {
  if (!threads) return ['the record has no figure of it for this'];
  const reasons = [];
  const { kind, by } = threads.outcome;
  if (kind === 'stopped') reasons.push(`${by.words.whole} stops it at ${count(by.tasks)}`);
  else if (kind !== 'too-busy' && kind !== 'fits') reasons.push('the record has no figure of it for this');
  const { next } = threads;
  if (waiting !== null && next && !reasons.length && next.tasks < waiting * ROOM) reasons.push(`${next.words.whole} is near, at ${count(next.tasks)}`);
  let more = null;
  if (waiting === null) more = threads.most !== null && runtime && runtime.most !== null ? runtime.most / Math.max(threads.most, 1) : null;
  else if (threads.memory && runtime && runtime.memory) more = threads.memory.value / runtime.memory.value;
  const part = threads.memory && memory ? threads.memory.value / memory.value : null;
  if (more !== null && more > 1 && (part === null || part > PART_OF_MEMORY)) {
    reasons.push(waiting === null ? `${times(more)} times as many fit` : `it takes ${times(more)} times as much memory`);
  }
  const enough = (asked.rate !== null ? PART_OF_CORES : 1) * cores;
  const counts = asked.rate !== null || !reasons.length;
  if (counts && threads.busy && threads.busy.value > enough) reasons.push(`it keeps ${percent(threads.busy.value)} of one core busy`);
  return reasons;
}

/** The advice in sentences, as `report::plan` says it. */
function adviceWords(of) {
  const { advice: chosen, waiting } = of;
  if (chosen.kind === 'nothing') return ['**No contestant that a service would be built on does this here.** What stops each is below.'];
  const lines = [];
  const [name, inSentence] = chosen.row.part.names;
  if (chosen.kind === 'threads') {
    lines.push(`**${capital(inSentence)} is enough**, and it is the simplest to write.`);
    if (chosen.lightest && chosen.saves > 0) lines.push(`${capital(chosen.lightest.part.names[0])} would save ${bytes(chosen.saves)}.`);
  } else {
    const several = chosen.row.part.of.is_on_one_thread ? '' : ' on several threads';
    lines.push(`**Take ${name}**: of the runtimes${several} whose memory is within 10 % of the least, it takes the least CPU.`);
    if (chosen.reasons.length) lines.push(`Not a thread each: ${list(chosen.reasons)}.`);
  }
  const cost = costWords(of, chosen.row);
  if (cost) lines.push(cost);
  for (const by of chosen.row.inTheWay) {
    const command = commandFor(by, waiting ?? 0);
    lines.push(command ? `First move ${by.words.whole}: \`${command}\`, as root.` : `It needs more than ${by.words.whole}.`);
  }
  return lines;
}
function costWords({ asked, waiting, perSecond, cores }, row) {
  if (waiting === null) return row.most === null ? null : `${count(row.most)} tasks fit.`;
  if (!row.memory) return null;
  const { value, low, high } = row.memory;
  const isSharp = bytes(low) === bytes(value) && bytes(value) === bytes(high);
  let said = `${count(waiting)} of them waiting at once take ${isSharp ? bytes(value) : withInterval(row.memory, 'bytes')}.`;
  if (perSecond !== null && row.busy) {
    const [rate, share] = [plain(perSecond), percent(row.busy.value)];
    said += asked.rate !== null ? ` At ${rate} a second they keep ${share} of one core busy.`
      : ` If each that ends is followed by another, that is ${rate} a second and ${share} of one core.`;
    if (row.busy.value > cores) said += ` That is more than the ${cores} cores have, so tasks would wait for them.`;
  }
  return said;
}
function commandFor(by, tasks) {
  if (!by.words.command) return null;
  const [command, dividedBy] = by.words.command;
  const needed = by.value + Math.ceil(Math.max(tasks - by.tasks, 0) * by.per_task);
  const step = 10 ** Math.max(String(needed).length - 2, 0);
  return command.replace('{}', String(Math.ceil((Math.ceil(needed / step) * step) / dividedBy)));
}
function here({ outcome: { kind, by, cores, takes }, isBeyond }) {
  switch (kind) {
    case 'fits': return isBeyond ? 'fits, not tried' : 'fits';
    case 'stopped': return `stops at ${count(by.tasks)}`;
    case 'too-busy': return cores === 1 ? 'has one core, needs more' : `has ${cores} cores, needs more`;
    case 'one-at-a-time': return `one at a time: ${duration(takes)}`;
    case 'state-not-held': return 'not run with so much state';
    default: return 'no fit in the record';
  }
}

// Tables.

/** A table of cells, each words, or words with a value to sort by. */
function table(label, heads, rows) {
  const cell = (of, index) => {
    const { words, value } = typeof of === 'object' ? of : { words: of };
    const element = make(index === 0 ? 'th' : 'td', {}, asItIs(words));
    if (index === 0) element.scope = 'row';
    if (value !== undefined) element.dataset.v = value;
    if (heads[index].isNumber) element.className = 'n';
    return element;
  };
  const head = (of) => make('th', { scope: 'col', className: of.isNumber ? 'n' : '' }, of.words);
  const body = make('tbody');
  for (const cells of rows) body.append(make('tr', {}, ...cells.map(cell)));
  const element = make('table', {}, make('thead', {}, make('tr', {}, ...heads.map(head))), body);
  const box = make('div', { className: 'table', tabIndex: 0, role: 'region' }, element);
  box.setAttribute('aria-label', label);
  const whole = make('div', {}, box);
  sortable(box);
  return whole;
}

/** Lets a table be sorted by each of its columns, and filtered where it is long. */
function sortable(box) {
  const element = box.querySelector('table');
  const heads = [...element.tHead.rows[0].cells], body = element.tBodies[0];
  if (body.rows.length < 2) return;
  heads.forEach((head, index) => {
    const name = head.textContent.replace(/[ \u00a0][↓↑]$/, '') || 'name';
    const button = make('button', { type: 'button', title: `Sort by ${name}` }, ...head.childNodes);
    if (!button.textContent) button.append(name);
    head.append(button);
    button.addEventListener('click', () => {
      const isUp = head.getAttribute('aria-sort') !== 'ascending';
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
      body.append(...[...body.rows].sort((a, b) => compared(a.cells[index], b.cells[index], isUp ? 1 : -1)));
    });
  });
  if (body.rows.length <= 8) return;
  const input = make('input', { type: 'search', className: 'filter', placeholder: 'Filter the rows' });
  input.setAttribute('aria-label', `Filter the rows: ${box.getAttribute('aria-label')}`);
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase();
    for (const one of body.rows) one.hidden = !one.textContent.toLowerCase().includes(wanted);
  });
  box.before(input);
}
/** What has no value comes last, whichever way. */
function compared(a, b, way) {
  const [one, other] = [a, b].map((cell) => (cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v)));
  const isMissing = (value) => Number.isNaN(value) || value === NONE;
  if (isMissing(one) || isMissing(other)) return isMissing(one) - isMissing(other);
  if (typeof one === 'number' && typeof other === 'number') return way * (one - other);
  return way * String(one).localeCompare(String(other), 'en', { numeric: true });
}

// What people write: as the command line reads it.

const MOST_COUNT = 4294967295, HOUR = 3600000000000n;
function readNumber(digits) { return /^\d+(_\d+)*$/.test(digits) ? Number(digits.replaceAll('_', '')) : NaN; }
function readCount(text) {
  const [, digits, unit] = /^(.*?)([kKmM]?)$/s.exec(text);
  const value = readNumber(digits.replaceAll(',', '')) * { '': 1, k: 1e3, m: 1e6 }[unit.toLowerCase()];
  if (!(value > 0 && value <= MOST_COUNT)) throw new Error(`“${text}” is not a count: give a whole number from 1 to 4294967295, such as 1000, 10k, 10_000 or 1M.`);
  return value;
}
function readRate(text) {
  try { return readCount(text.replace(/\/s$/, '')); } catch { throw new Error(`“${text}” is not a rate: give 1 to 4294967295 tasks a second, such as 5k/s.`); }
}
function readSize(text) {
  const [, digits, unit] = /^(.*?) ?(KiB|MiB|GiB|B|)$/s.exec(text);
  const value = readNumber(digits) * { '': 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }[unit];
  if (!(value < 2 ** 64)) throw new Error(`“${text}” is not a size: give a whole number of bytes, such as 512, 64KiB, 10MiB or 1GiB.`);
  return value;
}
const UNITS = new Map([
  ['nanos nsec ns', 1n], ['usec us µs', 1000n], ['millis msec ms', 1000000n], ['seconds second secs sec s', 1000000000n],
  ['minutes minute min mins m', 60000000000n], ['hours hour hrs hr h', 3600000000000n],
].flatMap(([names, ns]) => names.split(' ').map((name) => [name, ns])));
function readDuration(text) {
  const parts = [...text.matchAll(/(\d+)(?:\.(\d+))?\s*([a-zµ]+)\s*/g)];
  let sum = 0n, isRead = parts.map(([whole]) => whole).join('') === text;
  for (const [, whole, part = '', unit] of parts) {
    const ns = UNITS.get(unit) ?? 0n, by = 10n ** BigInt(part.length);
    isRead &&= ns > 0n && (BigInt(whole + part) * ns) % by === 0n;
    sum += (BigInt(whole + part) * ns) / by;
  }
  if (!isRead || !(sum > 0n && sum <= HOUR)) {
    throw new Error(`“${text}” is not a duration: give one above 0 and up to 1h, such as 250ms, 1s or 2m.`);
  }
  return Number(sum);
}

// The parts of the page.

const planForm = $('plan-form'), drawForm = $('draw-form');

function readCase() {
  const field = (name) => planForm.elements[name].value.trim();
  const read = (name, how, otherwise) => (field(name) === '' ? otherwise : how(field(name)));
  return {
    tasks: read('tasks', readCount, null), wait: read('wait', readDuration, 1e9), work: field('workload'),
    state: read('state', readSize, 0), rate: read('rate', readRate, null), memory: read('memory', readSize, null),
  };
}

function showPlan() {
  const [problem, answer] = [$('plan-problem'), $('plan-answer')];
  problem.textContent = '';
  answer.replaceChildren();
  let of;
  try { of = plan(readCase()); } catch (error) { of = { problem: error.message }; }
  if (of.problem) { problem.textContent = of.problem; return; }
  const words = (text) => ({ words: text });
  const value = (estimate, unit, interval) => (estimate ? { words: interval ? withInterval(estimate, unit) : written(estimate.value, unit), value: estimate.value } : { words: NONE, value: NaN });
  const name = [{ words: 'Contestant' }, (one) => words(one.part.names[0])];
  const memory = [{ words: 'Memory', isNumber: true }, (one) => value(one.memory, 'bytes', true)];
  const cpu = [{ words: 'CPU a task', isNumber: true }, (one) => value(one.cpu, 'nanoseconds', true)];
  const busy = [{ words: 'Of one core', isNumber: true }, (one) => value(one.busy, 'share', true)];
  const late = [{ words: '99 in 100 late by', isNumber: true }, (one) => value(one.late && one.late[1], 'nanoseconds', true)];
  const most = [{ words: 'Tasks that fit', isNumber: true }, (one) => (one.most === null ? { words: NONE, value: NaN } : { words: count(one.most), value: one.most })];
  const wall = [{ words: of.waiting === null ? 'Then it is stopped by' : 'Here' }, (one) => words(wallOf(one, of))];
  const columns = of.waiting === null ? [name, most, wall, cpu] : [name, memory, of.asked.rate === null ? cpu : busy, late, most, wall];
  const quote = make('blockquote', {}, ...adviceWords(of).map((line) => make('p', {}, ...say(line))));
  answer.append(quote, table('What each contestant costs', columns.map(([head]) => head),
    of.rows.map((one) => columns.map(([, cell]) => cell(one)))));
  const points = stops(of).concat(reaches(of), lateness(of));
  if (points.length) answer.append(make('ul', {}, ...points.map((line) => make('li', {}, ...say(line)))));
}
/** Whether it does it here, and the first wall. */
function wallOf(one, { waiting }) {
  const { kind } = one.outcome;
  if (waiting === null) return kind === 'one-at-a-time' ? 'itself: one task at a time' : kind === 'fits' && one.next ? one.next.words.limit : here(one);
  if (kind === 'stopped') return `${here(one)}: ${one.outcome.by.words.limit}`;
  return kind === 'fits' && one.next ? `${here(one)}; then ${one.next.words.limit}` : here(one);
}
/** Of how many tasks the lateness is: the nearest that was measured. */
function lateness({ rows }) {
  const late = rows.filter((one) => one.late), at = late.map((one) => one.late[0]);
  if (!at.length) return [];
  const [least, most] = [Math.min(...at), Math.max(...at)];
  const of = least === most ? count(least) : `${count(least)} to ${count(most)}`;
  return [`Lateness is that of ${of} ${late.some((one) => one.isAtRate) ? 'tasks a second' : 'tasks'}, the nearest that was measured.`];
}
/** Contestants that have something in common, with what that is. */
function alike(pairs) {
  const groups = new Map();
  for (const [key, name] of pairs) groups.set(key, [...(groups.get(key) || []), name]);
  return [...groups];
}
function stops(of) {
  if (of.waiting === null) return [];
  const moves = of.rows.flatMap((one) => one.inTheWay.map((by) => {
    const command = commandFor(by, of.waiting);
    return [`${by.words.limit}${command ? `: \`${command}\` makes room for ${count(of.waiting)}` : ''}.`, one.part.names[0]];
  }));
  return alike(moves).map(([what, names]) => `${capital(list(names))}: stopped by ${what}`);
}
function reaches(of) {
  const fitting = of.rows.filter((one) => one.outcome.kind === 'fits');
  return alike(fitting.flatMap((one) => one.stretches.map((how) => [how, one.part.names[0]]))).map(([how, names]) => `${capital(list(names))}: ${how}.`);
}

// Drawing.

let chart = null;
const picked = new Set();
const isDark = matchMedia('(prefers-color-scheme: dark)');
const color = (contestant) => contestant.colors[isDark.matches ? 1 : 0];
const metricOf = () => figures.metrics.find((metric) => metric.id === drawForm.elements.metric.value) || figures.metrics[0];

function fillWorks(wanted) {
  const { work } = drawForm.elements;
  const used = [...new Set(metricOf().lines.map((line) => line.work))];
  work.replaceChildren(...used.map((index) => make('option', { value: figures.works[index] }, figures.works[index])));
  if (used.some((index) => figures.works[index] === wanted)) work.value = wanted;
}
function fillPick() {
  const lines = linesOfWork();
  const ids = [...new Set(lines.map((line) => line.contestant))];
  const boxes = (wanted) => ids.map((index) => figures.contestants[index]).filter((of) => of.is_compared === wanted).map((of) => {
    const box = make('input', { type: 'checkbox', value: of.id, checked: picked.has(of.id) });
    box.addEventListener('change', () => { if (box.checked) picked.add(of.id); else picked.delete(of.id); changed(); });
    const swatch = make('span', { className: 'swatch' });
    swatch.style.borderTopColor = color(of);
    return make('label', { className: 'tick' }, box, swatch, of.name);
  });
  const apart = boxes(false);
  const open = apart.some((label) => label.querySelector('input').checked) || !boxes(true).length;
  const more = make('details', { open }, make('summary', {}, 'Other languages and environments, baselines, controls'), ...apart);
  $('draw-pick').replaceChildren(...boxes(true), ...(apart.length ? [more] : []));
}
function linesOfWork() {
  const work = drawForm.elements.work.value;
  return metricOf().lines.filter((line) => figures.works[line.work] === work);
}

function showChart() {
  const metric = metricOf();
  const lines = linesOfWork().filter((line) => picked.has(figures.contestants[line.contestant].id));
  const name = (line) => figures.contestants[line.contestant].name;
  const box = $('draw-chart'), hover = $('draw-hover');
  if (chart) { chart.destroy(); chart = null; }
  box.replaceChildren();
  hover.textContent = lines.length ? 'Point at the chart to read a value; the table below has all of them.' : 'No contestant is picked.';
  $('draw-values').replaceChildren();
  if (!lines.length) return;
  const xs = [...new Set(lines.flatMap((line) => line.points.map(([tasks]) => tasks)))].sort((a, b) => a - b);
  const isLogX = drawForm.elements.x.checked && xs[0] > 0;
  const least = lines.flatMap((line) => line.points).reduce((lowest, [, [value]]) => Math.min(lowest, value), Infinity);
  const isLogY = drawForm.elements.y.checked && least > 0;
  const byTasks = lines.map((line) => new Map(line.points));
  const ys = byTasks.map((values) => xs.map((tasks) => (values.has(tasks) ? values.get(tasks)[0] : null)));
  const style = getComputedStyle(document.documentElement);
  const axis = { stroke: style.getPropertyValue('--muted'), grid: { stroke: style.getPropertyValue('--line'), width: 1 }, ticks: { stroke: style.getPropertyValue('--line') } };
  const tens = (values) => values.map((value) => (value === null || (Math.log10(value) % 1 !== 0) ? null : value));
  const marks = (isLog, write) => (_, values) => {
    const kept = isLog ? tens(values) : values;
    const isEnough = kept.filter((value) => value !== null).length > 1;
    return (isEnough ? kept : values).map((value) => (value === null ? '' : write(value)));
  };
  const dashes = new Map(), legend = make('ul', { className: 'legend' });
  const STYLES = [['solid', []], ['dashed', [8, 4]], ['dotted', [2, 3]], ['double', [12, 3, 2, 3]]];
  const series = lines.map((line) => {
    const stroke = color(figures.contestants[line.contestant]);
    const before = dashes.get(stroke) || 0;
    dashes.set(stroke, before + 1);
    const [style, dash] = STYLES[before % STYLES.length];
    const swatch = make('span', { className: 'swatch' });
    Object.assign(swatch.style, { borderTopColor: stroke, borderTopStyle: style });
    legend.append(make('li', {}, swatch, ` ${name(line)}`));
    return { label: name(line), stroke, width: 2, spanGaps: true, dash, points: { show: true, size: 6 } };
  });
  const read = (self) => {
    const at = self.cursor.idx;
    if (at === null || at === undefined) return;
    const said = lines.map((line, index) => (byTasks[index].has(xs[at]) ? `${name(line)} ${withInterval(short(byTasks[index].get(xs[at])), metric.unit)}` : null));
    hover.textContent = `${count(xs[at])} tasks: ${said.filter(Boolean).join(' · ')}`;
  };
  const wide = Math.max(Math.min(box.clientWidth || 800, 1000), 200);
  chart = new uPlot({
    width: wide, height: Math.round(Math.max(260, Math.min(wide * 0.55, 460))),
    scales: { x: { time: false, distr: isLogX ? 3 : 1 }, y: { distr: isLogY ? 3 : 1 } },
    axes: [
      { ...axis, label: 'tasks', labelSize: 20, values: marks(isLogX, count) },
      { ...axis, size: 74, values: marks(isLogY, (value) => written(value, metric.unit)) },
    ],
    legend: { show: false }, padding: [10, 40, 0, 0], series: [{}, ...series], cursor: { drag: { x: false, y: false } }, hooks: { setCursor: [read] },
  }, [xs, ...ys], box);
  box.append(legend);
  const canvas = box.querySelector('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `${metric.name} over the number of tasks: ${lines.map(name).join(', ')}. The table below has every value.`);
  const heads = [{ words: 'Contestant' }, { words: 'Tasks', isNumber: true }, { words: metric.name, isNumber: true }];
  const rows = lines.flatMap((line) => line.points.map(([tasks, of]) => [
    name(line), { words: count(tasks), value: tasks }, { words: withInterval(short(of), metric.unit), value: of[0] }]));
  const slopes = lines.filter((line) => line.slope).map((line) => [
    name(line), { words: withInterval(short(line.slope), metric.unit), value: line.slope[0] }]);
  if (slopes.length) $('draw-values').append(table('What one more task adds', [{ words: 'Contestant' }, { words: 'One more task adds', isNumber: true }], slopes));
  $('draw-values').append(make('details', {}, make('summary', {}, 'Every value that is drawn'), table('Every value that is drawn', heads, rows)));
  if (figures.left_out) $('draw-values').append(make('p', { className: 'note' }, `${count(figures.left_out)} lines of this record are not on the page.`));
}

// The address has what was picked.

function picks() {
  const of = new URLSearchParams();
  if (figures.plan) for (const { name, value } of planForm.elements) if (name && value.trim()) of.set(name, value.trim());
  if (figures.metrics?.length) {
    const { metric, work, x, y } = drawForm.elements;
    of.set('metric', metric.value);
    of.set('work', work.value);
    of.set('x', x.checked ? 'tens' : 'even');
    of.set('y', y.checked ? 'tens' : 'even');
    for (const id of picked.size ? picked : ['']) of.append('of', id);
  }
  return of;
}
function remember() {
  const hash = `#${picks()}`;
  $('permalink').href = hash;
  // A page within a page has no address of its own, and a browser may refuse many changes in a row.
  try { history.replaceState(null, '', hash); } catch { /* The link has it. */ }
}
function changed() {
  remember();
  showChart();
}
function restore() {
  const hash = location.hash.slice(1);
  const of = new URLSearchParams(hash.includes('=') ? hash : '');
  if (figures.plan) {
    const { workload } = planForm.elements;
    const usual = [...workload.options].findLast((option) => !option.disabled).value;
    for (const element of planForm.elements) if (element.name) element.value = of.get(element.name) ?? (element === workload ? usual : '');
    if (!['tasks', 'wait', 'workload', 'state', 'rate', 'memory'].some((name) => of.has(name))) {
      planForm.elements.tasks.value = '20k';
      planForm.elements.wait.value = '200ms';
      planForm.elements.state.value = '2KiB';
    }
    if (!workload.value || workload.selectedOptions[0].disabled) workload.value = usual;
    showPlan();
  }
  if (figures.metrics?.length) {
    const { metric, x, y } = drawForm.elements;
    if (figures.metrics.some((one) => one.id === of.get('metric'))) metric.value = of.get('metric');
    x.checked = of.get('x') !== 'even';
    y.checked = of.get('y') !== 'even';
    fillWorks(of.get('work'));
    picked.clear();
    const wanted = of.has('of') ? of.getAll('of') : figures.contestants.filter((one) => one.is_first).map((one) => one.id);
    const ids = new Set(figures.contestants.map((one) => one.id));
    wanted.filter((id) => ids.has(id)).forEach((id) => picked.add(id));
    if (!of.has('of') && !picked.size) ids.forEach((id) => picked.add(id));
    fillPick();
    showChart();
  }
  $('permalink').href = `#${picks()}`;
}

document.documentElement.classList.add('script');
document.querySelectorAll('.table').forEach(sortable);
for (const element of document.querySelectorAll('form')) element.addEventListener('submit', (event) => event.preventDefault());
if (figures.plan) {
  if (!figures.plan.http.length) planForm.elements.workload.querySelector('[value=http]').disabled = true;
  if (!figures.plan.timer.length) planForm.elements.workload.querySelector('[value=timer]').disabled = true;
  for (const event of ['input', 'change']) planForm.addEventListener(event, () => { showPlan(); remember(); });
} else {
  planForm.remove();
  $('plan-answer').append(make('p', {}, 'This record has no line through two numbers of tasks, so nothing can be planned from it.'));
}
if (figures.metrics?.length) {
  drawForm.elements.metric.replaceChildren(...figures.metrics.map((metric) => make('option', { value: metric.id }, metric.name)));
  drawForm.elements.metric.addEventListener('change', () => { fillWorks(drawForm.elements.work.value); fillPick(); changed(); });
  drawForm.elements.work.addEventListener('change', () => { fillPick(); changed(); });
  for (const name of ['x', 'y']) drawForm.elements[name].addEventListener('change', changed);
  $('draw-all').addEventListener('click', () => { linesOfWork().forEach((line) => picked.add(figures.contestants[line.contestant].id)); fillPick(); changed(); });
  $('draw-none').addEventListener('click', () => { picked.clear(); fillPick(); changed(); });
  isDark.addEventListener('change', () => { fillPick(); showChart(); });
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (width && now !== width) showChart();
    width = now;
  }).observe($('draw').querySelector('h2'));
} else {
  drawForm.remove();
  $('draw-values').append(make('p', {}, 'This record has no figure that could be drawn.'));
}
restore();
addEventListener('hashchange', () => { if (location.hash.includes('=')) restore(); });
// A link to something that is folded away opens it.
function unfold() {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { /* It is no id of ours as it stands. */ }
  const target = id.includes('=') ? null : document.getElementById(id);
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  if (target && target.closest('details')) target.scrollIntoView();
}
addEventListener('hashchange', unfold);
unfold();
// For tests: what a case costs, as numbers.
window.comparePlan = (asked) => plan({ tasks: null, wait: 1e9, work: 'timer', state: 0, rate: null, memory: null, ...asked });
})();
