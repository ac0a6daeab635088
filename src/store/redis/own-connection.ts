import { RedisConnections, type RedisLimits } from './client/connections.js'
import type { RedisLibrary } from './client/own-client.js'
import type { RedisLocation } from './client/redis-address.js'
import type { RedisSentinels } from './client/sentinels.js'
import { evaluating, runOn } from './clients.js'
import type { ScriptConnection } from './script.js'

/** Runs scripts over promhive's own clients, of the library that is installed, on one server or a cluster. */
export function overUrl(
  place: RedisLocation | RedisSentinels,
  limits: RedisLimits = { connect: 4_000, command: 4_000 },
  among?: readonly RedisLibrary[],
  reads = false,
): ScriptConnection {
  const connections = new RedisConnections(place, limits, among)
  return {
    run: (script, keys, args) =>
      connections.run(keys[0]!, (client) => runOn(evaluating(client, reads)!, script, keys, args)),
    close: () => connections.close(),
  }
}
