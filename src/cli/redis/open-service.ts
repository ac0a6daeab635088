import { clearInterval, setInterval } from '../../runtime/timers.js'
import { OutsideService, type OutsideServiceOptions } from '../../store/redis/outside-service.js'
import { overUrl } from '../../store/redis/own-connection.js'
import type { RedisTarget } from './redis-arguments.js'

/** Opens a service that a command line names. Nothing connects before the first reading. */
export function openService(
  { place, settings }: RedisTarget,
  options: Omit<OutsideServiceOptions, 'settings' | 'connection'> = {},
): OutsideService {
  const { connectTimeout: connect, commandTimeout: command } = settings
  return new OutsideService({ ...options, settings, connection: overUrl(place, { connect, command }) })
}

/** Keeps the process running until the work is done: connections to Redis do not. */
export async function untilDone<T>(work: () => Promise<T>): Promise<T> {
  const holding = setInterval(() => {}, 1_000_000)
  try {
    return await work()
  } finally {
    clearInterval(holding)
  }
}
