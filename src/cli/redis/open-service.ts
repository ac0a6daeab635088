import { MetricsError, reasonOf } from '../../model/errors.js'
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

/** Creates the error for a service that could not be read. */
export function unreadableService({ name }: RedisTarget, cause: unknown): MetricsError {
  const text = `${name} cannot be read (${reasonOf(cause)}); promhive doctor with the same options looks for the cause`
  return new MetricsError('READ_FAILED', text, { cause })
}
