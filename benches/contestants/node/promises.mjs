// Async functions that await a promise of a timer. docs/protocol.md says what is spoken here.
// What is needed for each task is made before `idle`, so it is no part of what a task weighs.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const say = (event, fields) => process.stdout.write(`${JSON.stringify({ v: 2, event, ...fields })}\n`);
const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0)); // Nobody is there any more.
const pulled = lines[Symbol.asyncIterator]();
const order = async () => JSON.parse((await pulled.next()).value);

const glibc = `glibc malloc ${process.report.getReport().header.glibcVersionRuntime}`;
const [, other] = readFileSync('/proc/self/maps', 'utf8').match(/\/([^/\n]*(?:malloc|hoard|scudo)[^/\n]*\.so.*)/) ?? [];
say('hello', {
  id: 'node/promises', model: 'coroutines', language: 'JavaScript', ceiling: 'all', one_thread: true,
  summary: 'Node.js: one async function each, setTimeout of node:timers/promises',
  timer: 'lists by duration, 1 ms, rounds up', workloads: ['timer'], most_tasks: 1_000_000,
  versions: { node: process.versions.node, v8: process.versions.v8 },
  allocator: `the heap of V8, beside ${other ? `${other} in place of ${glibc}` : glibc}`,
});

const bits = (value) => BigInt.asUintN(64, value);
function mix(value) { // The finaliser of SplitMix64.
  let z = bits(value + 0x9e3779b97f4a7c15n);
  z = bits((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = bits((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

const { v, contestant, tasks, workload, unweighed } = await order();
if (v !== 2 || contestant !== 'node/promises') process.exit(2); // Not for this program.
const duration = Number(workload.duration_ns) / 1e6; // Milliseconds, as all times here.
const numbers = Uint32Array.from({ length: tasks }, (_, a) => Number(mix(BigInt(a)) & 0xffffffffn));
const sums = new Float64Array(tasks).fill(0); // A sum is below 2^33.
const times = new Float64Array(tasks).fill(0); // When a task began its wait; once it woke, how late it was.
let [inFlight, completed] = [0, 0];

async function add(a, b) {
  inFlight += 1;
  times[a] = performance.now();
  await sleep(Math.ceil(duration) + 1); // A timer counts whole milliseconds, and may begin with a part of one.
  times[a] = performance.now() - times[a] - duration;
  sums[a] = a + b;
  inFlight -= 1;
  completed += 1;
}
const ns = (milliseconds) => String(Math.max(0, Math.round(milliseconds * 1e6)));
async function wave(isWeighed) { // Runs all tasks once. They stay until they have been weighed.
  completed = 0;
  const [start, before] = [performance.now(), process.resourceUsage()];
  const used = (key) => process.resourceUsage()[key] - before[key];
  const promises = Array.from(numbers, (b, a) => add(a, b)); // Each runs until it awaits its timer.
  const peak = String(inFlight); // None ends before this function awaits something.
  if (isWeighed) {
    const start_cpu_ns = ns((used('userCPUTime') + used('systemCPUTime')) / 1e3);
    say('parked', { in_flight: peak, start_ns: ns(performance.now() - start), start_cpu_ns, heap_bytes: null });
    await order();
  }
  const after = isWeighed ? String(inFlight) : null;
  for (const promise of promises) await promise;
  const cpu = { user_ns: ns(used('userCPUTime') / 1e3), system_ns: ns(used('systemCPUTime') / 1e3) };
  const [voluntary, involuntary] = [used('voluntaryContextSwitches'), used('involuntaryContextSwitches')];
  const taken = { wall_ns: ns(performance.now() - start), ...cpu };
  const checksum = String(bits(sums.reduce((total, sum) => total + mix(BigInt(sum)), 0n)));
  const lost = String(times.sort().filter((late) => late < 0).length);
  const at = (place) => ns(times[Math.floor((tasks - 1) * place)]);
  const lateness_ns = tasks ? { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) } : null;
  const proof = { completed: String(completed), checksum, peak_in_flight: peak, lost, in_flight_after_weighing: after };
  const switches = { voluntary_switches: String(voluntary), involuntary_switches: String(involuntary) };
  return { ...proof, ...taken, ...switches, lateness_ns, heap_bytes: null };
}

say('idle', { heap_bytes: null });
const [first, waves] = [await order(), []];
while (waves.length < (first.count ?? 0)) waves.push(await wave(false));
for (const drained of waves) say('drained', drained);
if (first.order === 'go') do say('drained', await wave(!unweighed)); while ((await order()).order === 'again');
else await order();
process.exit(0);
