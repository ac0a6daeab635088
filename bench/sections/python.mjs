import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { median } from '../median.mjs'
import { withSharedDirectory } from '../shared-directory.mjs'
import { figure, printTable, times } from '../table.mjs'

/** How often the first scrape of a process, and that of the files of new processes, are measured. */
const renewals = 5

/** One scrape of a directory of Python processes, beside the collector of Python's own client, at several sizes. */
export async function pythonFiles({ runtimes, quick, faults }) {
  const runtime = runtimes.at(-1)
  const python = ['/usr/bin/python3', 'python3'].find((path) => succeeds(path))
  if (python === undefined) {
    console.log('\nNo prometheus_client for Python: its files are left out.')
    return []
  }
  const results = []
  for (const processes of quick ? [4, 8] : [16, 32, 64, 128]) {
    const parameters = { processes, series: quick ? 100 : 500, scrapes: quick ? 3 : 21 }
    await faults.guard(`files of ${processes} Python processes`, async () => {
      const result = await withSharedDirectory((directory) => ofSize({ ...parameters, directory, python, runtime }))
      results.push(result)
      return result
    })
  }
  print(results, runtime)
  return results
}

async function ofSize({ processes, series, scrapes, directory, python, runtime }) {
  const writer = new Lines(python, ['python-files.py', directory, processes, series, 0])
  const { values } = await writer.next()
  const theirs = new Lines(python, ['python-collect.py', directory])
  const ours = new Lines(runtime.path, ['python-collect.mjs', directory])
  const taken = { theirs: [], ours: [] }
  const wrong = []
  for (let scrape = 0; scrape < scrapes; scrape++) {
    await writer.ask()
    const [a, b] = [await theirs.ask(), await ours.ask()]
    taken.theirs.push(a)
    taken.ours.push(b)
    compare(a, b, wrong)
  }
  // All processes are replaced by others, as in a reload.
  const renewed = []
  for (let generation = 1; generation <= renewals; generation++) {
    for (const name of readdirSync(directory)) if (name.endsWith('.db')) rmSync(join(directory, name))
    const next = new Lines(python, ['python-files.py', directory, processes, series, generation])
    await next.next()
    const [a, b] = [await theirs.ask(), await ours.ask()]
    renewed.push(b)
    compare(a, b, wrong)
    next.end()
  }
  // Processes that have never read the directory.
  const firsts = [taken.ours[0]]
  for (let i = 1; i < renewals; i++) {
    const fresh = new Lines(runtime.path, ['python-collect.mjs', directory])
    firsts.push(await fresh.ask())
    fresh.end()
  }
  for (const each of [writer, theirs, ours]) each.end()
  const milliseconds = (list) => median(list.map(({ ms }) => ms))
  const worked = (list) => median(list.map(({ cpu }) => cpu))
  const later = taken.ours.slice(1)
  return {
    processes,
    values,
    lines: taken.ours[0].lines,
    python: milliseconds(taken.theirs),
    first: milliseconds(firsts),
    renewed: milliseconds(renewed),
    warm: milliseconds(later),
    cpu: {
      python: worked(taken.theirs),
      first: worked(firsts),
      renewed: worked(renewed),
      warm: worked(later),
    },
    heldFirst: median(firsts.map(({ held }) => held)),
    held: median(later.map(({ held }) => held)),
    wrong,
  }
}

function compare(a, b, wrong) {
  if (a.lines !== b.lines || Math.abs(a.total - b.total) > 1e-9 * a.total)
    wrong.push(`${b.lines} lines with a total of ${b.total}; Python has ${a.lines} and ${a.total}`)
}

/** A process that answers each line with a line of JSON. */
class Lines {
  #child
  #lines

  constructor(path, [script, ...args]) {
    const program = fileURLToPath(new URL(`../processes/${script}`, import.meta.url))
    this.#child = spawn(path, [program, ...args.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  ask() {
    this.#child.stdin.write('\n')
    return this.next()
  }

  async next() {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('a process of the bench ended')
    return JSON.parse(value)
  }

  end() {
    this.#child.kill('SIGKILL')
  }
}

function succeeds(path) {
  return spawnSync(path, ['-c', 'import prometheus_client'], { stdio: 'ignore' }).status === 0
}

function print(results, runtime) {
  console.log(
    `\nOne scrape of the files of processes with Python's client, all values changed since the last, ${runtime.name}`,
  )
  printTable(
    ['processes', ...results.map(({ processes }) => processes)],
    [
      ['values in the files', ...results.map(({ values }) => figure(values))],
      ['lines', ...results.map(({ lines }) => figure(lines))],
      ["Python's collector, ms", ...results.map(({ python }) => figure(python))],
      ['promhive, first scrape, ms', ...results.map(({ first }) => figure(first))],
      ['promhive, files of new processes, ms', ...results.map(({ renewed }) => figure(renewed))],
      ['promhive, later scrapes, ms', ...results.map(({ warm }) => figure(warm))],
      ['Python / promhive, first', ...results.map(({ python, first }) => times(python / first))],
      ['Python / promhive, new processes', ...results.map(({ python, renewed }) => times(python / renewed))],
      ['Python / promhive, later', ...results.map(({ python, warm }) => times(python / warm))],
      ["processor time, Python's collector, ms", ...results.map(({ cpu }) => figure(cpu.python))],
      ['processor time, first scrape, ms', ...results.map(({ cpu }) => figure(cpu.first))],
      ['processor time, new processes, ms', ...results.map(({ cpu }) => figure(cpu.renewed))],
      ['processor time, later scrapes, ms', ...results.map(({ cpu }) => figure(cpu.warm))],
      ['loop held, first, ms', ...results.map(({ heldFirst }) => figure(heldFirst))],
      ['loop held, later, ms', ...results.map(({ held }) => figure(held))],
      ['same lines and total', ...results.map(({ wrong }) => (wrong.length === 0 ? 'yes' : 'NO'))],
    ],
  )
}
