import { setTimeout as sleep } from 'node:timers/promises'
import { MetricsError } from '../../model/errors.js'
import { printable } from '../../model/terminal-text.js'
import { held } from '../../platform/held.js'
import { directorySource } from '../../runtime/directory/directory-source.js'
import type { Source } from '../../store/contract.js'
import type { Command } from '../command.js'
import { existingDirectory } from '../existing-directory.js'
import { readDirectory } from '../living-directory.js'
import { type OptionTable, parseOptions } from '../options.js'
import { openService } from '../redis/open-service.js'
import { type RedisTarget, redisOptions, redisTarget, redisUsage } from '../redis/redis-arguments.js'
import { frame } from '../top/frame.js'
import { Viewer } from '../top/view.js'

const options = {
  interval: { type: 'string', short: 'i' },
  count: { type: 'string', short: 'n' },
  dir: { type: 'string', short: 'd' },
  ...redisOptions,
} as const satisfies OptionTable

const usage = `promhive top [DIR] [--interval 1] [--count N]
promhive top --redis URL [--prefix NAME] [--interval 1] [--count N]

Shows the processes that count in a directory or in Redis, their CPU and memory, and the most frequent events, repeatedly.
CPU and memory are shown for processes of this machine only, not with Redis. q ends it.

  DIR            the directory (default: PROMHIVE_DIR or PROMETHEUS_MULTIPROC_DIR,
                 otherwise that of the only application of this user that runs)
${redisUsage}
  --interval S   seconds between two readings
  --count N      end after this number of screens; without a terminal after one, which compares two readings

Without a terminal it ends with 1 if something could not be read.`

/** q, Ctrl-C and Ctrl-D, as a terminal in raw mode sends them. */
const endKeys = [0x71, 0x03, 0x04]
/** Clears the screen and moves the cursor to its top. */
const clear = '\x1b[H\x1b[2J'

export const top: Command = {
  name: 'top',
  summary: 'watch an application: processes, rates, means',
  usage,
  options,
  async run(args) {
    const { values, positionals } = parseOptions(args, options, 1)
    const named = positionals[0] ?? values.dir
    const target = redisTarget(values, named)
    const { stdout } = process
    const interval = above0('interval', values.interval ?? '1')
    const count = above0('count', values.count ?? (stdout.isTTY ? 'Infinity' : '1'))
    const watched =
      target === undefined
        ? watchedDirectory(readDirectory(named, { name: 'top', args, redis: true }))
        : watchedService(target)
    const viewer = new Viewer(watched.source)
    await held(viewer.look())
    const stop = listen()
    let unreadable = false
    for (let framesWritten = 0; framesWritten < count && !stop.signal.aborted; framesWritten++) {
      await sleep(interval * 1000, undefined, { signal: stop.signal }).catch(() => {})
      if (stop.signal.aborted) break
      const view = await held(viewer.look())
      unreadable = view.faults.length > 0
      // One line is left for the cursor, because a full screen would scroll.
      const size = stdout.isTTY
        ? { rows: (stdout.rows || 24) - 1, width: stdout.columns || 80 }
        : { rows: 10_000, width: 10_000 }
      stdout.write(`${stdout.isTTY ? clear : ''}${printable(frame(watched.name, view, size))}\n`)
    }
    stop.abort()
    await watched.close()
    // On a terminal, the screen shows the faults; otherwise the exit code does.
    return unreadable && !stdout.isTTY ? 1 : 0
  },
}

interface TopTarget {
  readonly name: string
  readonly source: Source
  close(): Promise<void>
}

function watchedDirectory(named: string): TopTarget {
  const directory = existingDirectory(named)
  return { name: directory, source: directorySource(directory), close: async () => {} }
}

function watchedService(target: RedisTarget): TopTarget {
  const service = openService(target)
  return { name: target.name, source: service.openSource(), close: () => service.close() }
}

/** Returns a controller that is aborted at q, Ctrl-C and SIGTERM. */
function listen(): AbortController {
  const stop = new AbortController()
  const { stdin } = process
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  if (!stdin.isTTY) return stop
  stdin.setRawMode(true).resume()
  stdin.on('data', (keys: Buffer) => {
    if (keys.some((key) => endKeys.includes(key))) stop.abort()
  })
  stop.signal.addEventListener('abort', () => stdin.setRawMode(false).pause())
  return stop
}

function above0(option: string, text: string): number {
  const number = Number(text)
  if (number > 0) return number
  throw new MetricsError('OPTION_INVALID', `--${option} must be a number above 0, got ${JSON.stringify(text)}`)
}
