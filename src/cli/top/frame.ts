import { inLine } from '../../model/terminal-text.js'
import { columns } from '../columns.js'
import { durationText } from '../duration.js'
import { narrowColumns } from '../narrow-columns.js'
import type { FamilyLine, View, WorkerLine } from './view.js'

export interface FrameSize {
  readonly rows: number
  readonly width: number
}

/** Returns the screen at one moment: the processes that count, and the families with the highest rates. */
export function frame(name: string, { workers, families, faults }: View, { rows, width }: FrameSize): string {
  const live = workers.filter((worker) => worker.live)
  const lines = [
    `promhive top  ${inLine(name)}  ${new Date().toISOString().slice(11, 19)} UTC`,
    `${live.length} writers alive, ${workers.length - live.length} dead, ${families.reduce((sum, each) => sum + each.series, 0)} series`,
    ...faults.map((fault) => `! ${inLine(fault)}`),
    '',
    ...workerLines(live),
    '',
    ...familyLines(families, width),
  ]
  const cut = lines.map((line) => line.slice(0, width))
  return cut.length <= rows ? cut.join('\n') : [...cut.slice(0, rows - 1), `… ${cut.length - rows + 1} more`].join('\n')
}

function workerLines(workers: readonly WorkerLine[]): string[] {
  const now = Date.now() / 1000
  const cells = workers.map(({ worker, owner, since, series, cpu, residentBytes }) => [
    worker,
    owner,
    durationText(Math.max(0, now - since)),
    cpu === undefined ? '-' : `${(cpu * 100).toFixed(0)} %`,
    residentBytes === undefined ? '-' : `${Math.round(residentBytes / 1024 / 1024)} MiB`,
    String(series),
  ])
  return columns([['worker', 'process', 'for', 'cpu', 'memory', 'series'], ...cells], [0, 1, 2, 3, 4, 5])
}

/**
 * Returns the lines of families: those with the highest rates first, then those with the highest values. In a narrow
 * terminal, names are shortened, not numbers.
 */
function familyLines(families: readonly FamilyLine[], width: number): string[] {
  const sorted = [...families].sort((a, b) => (b.rate ?? -1) - (a.rate ?? -1) || (a.name < b.name ? -1 : 1))
  const cells = sorted.map(({ name, type, series, total, rate, mean }) => [
    name,
    type,
    String(series),
    figure(total),
    rate === undefined ? '-' : `${figure(rate)}/s`,
    mean === undefined ? '-' : figure(mean),
  ])
  const rows = [['family', 'type', 'series', 'total', 'rate', 'mean'], ...cells]
  return narrowColumns(rows, width, [2, 3, 4, 5], [1])
}

/** Formats a number with four significant digits. */
function figure(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e12) return String(value)
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(4)
}
