import { readFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import type { Readable } from 'node:stream'
import { MetricsError, reasonOf } from '../../model/errors.js'
import type { StatisticsAddress } from '../../model/statistics-address.js'

/** The maximum number of bytes; more than 150 workers with 256 cores each. */
const largest = 256 * 1024 * 1024

/**
 * Reads the answer of a stats server, uWSGI's or promhive's.
 *
 * @param milliseconds the timeout
 * @throws MetricsError `READ_FAILED`, with the address and the cause
 */
export async function readStatistics(address: StatisticsAddress, milliseconds: number): Promise<object> {
  const signal = AbortSignal.timeout(milliseconds)
  try {
    const statistics: unknown = JSON.parse(await textOf(address, signal))
    if (typeof statistics !== 'object' || statistics === null || Array.isArray(statistics))
      throw new Error('it serves no statistics')
    return statistics
  } catch (cause) {
    const why = signal.aborted ? `no answer in ${milliseconds / 1000} s` : reasonOf(cause)
    throw new MetricsError('READ_FAILED', `the statistics of ${nameOf(address)} cannot be read: ${why}`, { cause })
  }
}

async function textOf(address: StatisticsAddress, signal: AbortSignal): Promise<string> {
  switch (address.kind) {
    case 'file':
      return readFile(address.path, { encoding: 'utf8', signal })
    case 'http':
    case 'https':
      return whole(await answer(address.kind, address.url, signal), signal)
    default:
      return whole(createConnection(address.kind === 'unix' ? { path: address.path } : address), signal)
  }
}

/** Ignores the content type, because uWSGI and the proxies in front of it use different ones. */
async function answer(kind: 'http' | 'https', url: string, signal: AbortSignal): Promise<Readable> {
  const { get } = process.getBuiltinModule(kind === 'http' ? 'node:http' : 'node:https')
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal }, (response) => {
      if (response.statusCode === 200) return resolve(response)
      response.resume()
      reject(new Error(`it answers with status ${response.statusCode}`))
    })
    request.once('error', reject)
  })
}

async function whole(stream: Readable, signal: AbortSignal): Promise<string> {
  const stop = (): void => void stream.destroy(new Error('too late'))
  signal.addEventListener('abort', stop, { once: true })
  try {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > largest) throw new Error(`it sends more than ${largest} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  } finally {
    signal.removeEventListener('abort', stop)
    stream.destroy()
  }
}

function nameOf(address: StatisticsAddress): string {
  if ('path' in address) return address.path
  return 'url' in address ? address.url : `${address.host}:${address.port}`
}
