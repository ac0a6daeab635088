import { readFileSync, statSync } from 'node:fs'
import { adviceFor } from '../../export/send/fault-advice.js'
import { ApplicationGatherer } from '../../gather/application-gatherer.js'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { held } from '../../platform/held.js'
import { directoryGatherer } from '../directory-gatherer.js'
import { type AskedCommand, readDirectory } from '../living-directory.js'
import { printError } from '../output.js'
import { expositionOf } from '../source-exposition.js'
import { type ShownFamilies, shownFamilies } from './shown-families.js'

/** Prometheus asks for OpenMetrics first, and stores the names that it gets. */
const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'

const timeout = 10_000

/**
 * Reads the families of an application.
 *
 * @param source the URL of its metrics, its directory, or a file with a saved exposition; by default the directory that the
 *   environment names, otherwise that of the only application of this user that runs
 * @param asked the command line, for messages
 * @throws MetricsError `READ_FAILED` if a URL cannot be scraped, `METRIC_NOT_FOUND` if there are no metrics
 */
export async function readFamilies(source: string | undefined, asked: AskedCommand): Promise<ShownFamilies> {
  if (source !== undefined && /^https?:\/\//i.test(source)) return shownFamilies(await scraped(source), source)
  const path = readDirectory(source, asked)
  const facts = statSync(path, { throwIfNoEntry: false })
  if (facts === undefined) {
    // 127.0.0.1:9464/metrics
    const address = /^[\w.-]+:\d+(?:\/|$)/.test(source ?? '') ? `, such as http://${source}` : ''
    const text = `${path} does not exist; name the URL of the metrics${address}, a directory, or a file with a saved exposition`
    throw new MetricsError('OPTION_INVALID', text)
  }
  if (!facts.isDirectory()) return shownFamilies(readFileSync(path, 'utf8'), path)
  return shownFamilies(await textOf(path, asked.name), path)
}

async function scraped(url: string): Promise<string> {
  try {
    const response = await held(fetch(url, { headers: { accept }, signal: AbortSignal.timeout(timeout) }))
    const body = await held(response.text())
    if (response.ok && !/^text\/html\b/.test(response.headers.get('content-type') ?? '')) return body
    if (response.ok) throw new Error(`it is a page; name the metrics, such as ${new URL('/metrics', url).href}`)
    throw new Error(`status ${response.status}: ${body.trim().split('\n')[0]}`)
  } catch (error) {
    // fetch() puts the reason of a failed connection into the cause.
    const cause = (error instanceof Error && error.cause) || error
    const text = `${url} cannot be scraped: ${reasonOf(cause)}${adviceFor(cause, url, 'NODE_EXTRA_CA_CERTS')}`
    throw new MetricsError('READ_FAILED', text, { cause: error })
  }
}

async function textOf(directory: string, command: string): Promise<string> {
  const everything = directoryGatherer(directory, ({ message }) => printError(`promhive ${command}: ${message}`))
  const { chunks } = await held(expositionOf(new ApplicationGatherer(everything, {})).expose(accept))
  return Buffer.concat(chunks).toString()
}
