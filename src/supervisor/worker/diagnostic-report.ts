import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { textOf } from '../log.js'
import { privateDirectory, writePrivateFile } from './private-file.js'

export interface ReportOptions {
  /** The directory of reports; `promhive-reports` in the working directory if empty. */
  readonly reportDir: string
  /** Whether a report contains the environment, including passwords in variables. */
  readonly reportEnvironment: boolean
}

/**
 * Writes Node's diagnostic report of this process to a file that only its user can read. If the directory cannot be
 * used, the file goes to a private one below the system's temporary directory.
 *
 * @param report the text of `process.report.getReport()`
 * @returns the file
 * @throws Error if no directory is writable
 */
export function writeReport(report: string, { reportDir, reportEnvironment }: ReportOptions): string {
  const text = reportEnvironment ? report : withoutEnvironment(report)
  const time = new Date().toISOString().replaceAll(/[-:]|\..*/g, '')
  const name = `report.promhive.${time}.${process.pid}.${randomBytes(4).toString('hex')}.json`
  const faults: string[] = []
  for (const [directory, named] of [
    [reportDir || process.cwd(), reportDir !== ''],
    [tmpdir(), false],
  ] as const) {
    try {
      const file = join(privateDirectory(directory, named), name)
      writePrivateFile(file, text)
      return file
    } catch (cause) {
      faults.push(textOf(cause))
    }
  }
  throw new Error(`the report cannot be written: ${faults.join('; ')}`)
}

/** The reports of worker threads are part of that of the process. */
function withoutEnvironment(report: string): string {
  const kept = JSON.parse(report, (key, value) => (key === 'environmentVariables' ? undefined : value))
  return JSON.stringify(kept, undefined, 2)
}
