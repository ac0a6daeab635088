/** A test of processes that cannot hold without the addon and without /proc on Linux, by a part of its name. */
export interface NotPortable {
  readonly name: string
  readonly reason: string
}

const lastMoment = 'what a process counted in the 100 ms before a SIGKILL is lost without the addon'
const late = 'expects the counts of other processes at once: without the addon they are up to 100 ms late'
const blocked =
  'without the addon, a thread writes when its event loop turns, which that of an idle thread of piscina does not'
const shownByProc = 'shows what only /proc knows of other processes: command lines, CPU and memory, which pids run'
const warned = 'expects no warning: without the addon there is one'
const needsAddon = 'is about the addon'

/** Left out by `npm run test:portable`; all others hold. */
export const notPortable: readonly NotPortable[] = [
  { name: 'under PM2: exact through a reload, kills and scaling', reason: lastMoment },
  { name: 'under promhive run: exact through a reload, kills and scaling', reason: lastMoment },
  { name: 'under node:cluster: exact through a reload, kills and scaling', reason: lastMoment },
  { name: 'under worker threads: exact through a reload, kills and scaling', reason: lastMoment },
  { name: 'in cluster mode: one set of numbers, exact through a reload and a kill', reason: lastMoment },
  { name: 'loses nothing that it acknowledged, and the next one sits down on its seat', reason: lastMoment },
  { name: 'reports the faults of a directory and its files, and fails', reason: lastMoment },
  { name: 'in worker threads: the numbers are exact in every answer', reason: late },
  { name: 'under promhive run: the numbers are exact in every answer', reason: late },
  { name: 'under node:cluster: the numbers are exact in every answer', reason: late },
  { name: 'under PM2: the numbers are exact in every answer', reason: late },
  { name: 'is that of its unprivileged processes, and the next run begins at 0', reason: late },
  { name: 'named in code: as it is when configure() is called', reason: late },
  { name: 'a process that cannot open files at its first count joins the others as soon as it can', reason: late },
  { name: 'a summary with a sliding window is read with its sum and quantiles of one moment', reason: late },
  { name: 'counts with the main thread, also what threads counted that have ended', reason: blocked },
  { name: 'takes that of the only one, and leaves it as it is', reason: shownByProc },
  { name: 'lists several, with the commands to type', reason: shownByProc },
  { name: 'shows processes, totals, rates and means', reason: shownByProc },
  { name: 'promhive inspect shows the files of Python', reason: shownByProc },
  { name: 'promhive doctor knows the files of Python', reason: shownByProc },
  { name: 'promhive wipe keeps the files of Python', reason: shownByProc },
  { name: 'finds nothing wrong with a healthy application', reason: warned },
  { name: 'promhive run prints none with PROMHIVE_STARTUP=off', reason: warned },
  { name: 'processes with the addon and without it, in one directory', reason: needsAddon },
  { name: 'without /proc/locks', reason: needsAddon },
]

/** Matches the names of tests that hold. */
export function portableTests(): RegExp {
  const names = notPortable.map(({ name }) => name.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`))
  return new RegExp(`^(?!.*(?:${names.join('|')}))`)
}
