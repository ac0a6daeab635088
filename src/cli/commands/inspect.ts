import { statSync } from 'node:fs'
import { join } from 'node:path'
import { inLine } from '../../model/terminal-text.js'
import { Slices } from '../../platform/slices.js'
import { directorySource } from '../../runtime/directory/directory-source.js'
import type { WriterSnapshot } from '../../store/contract.js'
import { seriesName, valuesName } from '../../store/shared/format.js'
import { columns } from '../columns.js'
import type { Command } from '../command.js'
import { existingDirectory } from '../existing-directory.js'
import { readDirectory } from '../living-directory.js'
import { type OptionTable, parseOptions } from '../options.js'
import { print, printJson } from '../output.js'
import { describePythonFile, printPythonFiles, pythonFiles } from '../python-files.js'
import { inspectService } from '../redis/inspect-service.js'
import { redisOptions, redisTarget, redisUsage } from '../redis/redis-arguments.js'
import { seriesByFamily } from '../series-by-family.js'

const options = {
  json: { type: 'boolean' },
  dir: { type: 'string', short: 'd' },
  ...redisOptions,
} as const satisfies OptionTable

const usage = `promhive inspect [DIR] [--json]
promhive inspect --redis URL [--prefix NAME] [--json]

Shows the writers of a directory or of a service in Redis: each seat, its owner and whether it is alive, its families,
series and sizes, the files of processes with Python's client, and what cannot be read. Changes nothing.

  DIR      the directory (default: PROMHIVE_DIR or PROMETHEUS_MULTIPROC_DIR, otherwise that of the only application of
           this user that runs)
${redisUsage}
  --json   print JSON`

export const inspect: Command = {
  name: 'inspect',
  summary: 'show seats, owners, series and sizes of a directory or a service in Redis',
  usage,
  options,
  async run(args) {
    const { values, positionals } = parseOptions(args, options, 1)
    const target = redisTarget(values, positionals[0] ?? values.dir)
    if (target !== undefined) return inspectService(target, values.json === true)
    const directory = existingDirectory(
      readDirectory(positionals[0] ?? values.dir, { name: 'inspect', args, redis: true }),
    )
    const { writers, errors } = await directorySource(directory).read(new Slices())
    const ours = writers.filter(({ client }) => client === undefined)
    const seats = ours.map((writer) => describeSeat(directory, writer))
    const python = pythonFiles(writers).map(describePythonFile)
    const faults = errors.map(({ message }) => message)
    if (values.json) printJson({ directory, seats, ...(python.length > 0 && { python }), faults })
    else {
      printSeats(directory, seats)
      if (python.length > 0) printPythonFiles(python)
      printFamilies([...seats, ...python], faults)
    }
    return faults.length === 0 ? 0 : 1
  },
}

interface SeatFacts {
  readonly seat: number
  readonly pid: number
  readonly thread: number
  readonly live: boolean
  /** Set for a process outside of the application, which keeps there what it has sent. */
  readonly guest?: true
  readonly startedAt: string
  readonly owners: number
  readonly families: Readonly<Record<string, number>>
  readonly series: number
  readonly valuesBytes: number
  readonly seriesBytes: number
}

function describeSeat(directory: string, writer: WriterSnapshot): SeatFacts {
  const { seat, live, guest, log, epoch, startedAt } = writer
  const families = seriesByFamily(log)
  const [, pid = 0, thread = 0] = writer.writer.split('-').map(Number)
  return {
    seat,
    pid,
    thread,
    live,
    ...(guest && { guest }),
    startedAt: dateOf(startedAt),
    owners: epoch,
    families,
    series: Object.values(families).reduce((sum, count) => sum + count, 0),
    valuesBytes: sizeOf(join(directory, valuesName(seat))),
    seriesBytes: sizeOf(join(directory, seriesName(seat))),
  }
}

/** Formats a date; an invalid one, which another version may have written, must not prevent the output. */
function dateOf(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? 'unknown' : date.toISOString()
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function printSeats(directory: string, seats: readonly SeatFacts[]): void {
  const writers = seats.filter(({ guest }) => !guest)
  const guests = seats.length - writers.length
  const alive = writers.filter((seat) => seat.live).length
  const outside = guests === 0 ? '' : `; ${guests} of promhive serve, outside of the application`
  print(`${directory}: ${writers.length} seats, ${alive} alive, ${writers.length - alive} dead${outside}`)
  if (seats.length === 0) return
  const rows = [
    ['seat', 'owner', 'state', 'since', 'owners', 'families', 'series', 'values', 'names'],
    ...seats.map((seat) => [
      String(seat.seat),
      `pid ${seat.pid}${seat.thread === 0 ? '' : ` thread ${seat.thread}`}${seat.guest ? ' (serve)' : ''}`,
      seat.live ? 'live' : 'dead',
      seat.startedAt,
      String(seat.owners),
      String(Object.keys(seat.families).length),
      String(seat.series),
      `${seat.valuesBytes} B`,
      `${seat.seriesBytes} B`,
    ]),
  ]
  for (const line of columns(rows)) print(`  ${line}`)
}

/** @param writers seats and files of Python's client */
function printFamilies(writers: readonly Pick<SeatFacts, 'families'>[], faults: readonly string[]): void {
  const families = new Map<string, number>()
  for (const writer of writers) {
    for (const [name, series] of Object.entries(writer.families)) families.set(name, (families.get(name) ?? 0) + series)
  }
  for (const [name, series] of [...families].sort()) print(`  ${inLine(name)}: ${series} series in all seats together`)
  for (const fault of faults) print(`  ! ${inLine(fault)}`)
}
