import type { Settings } from '../../supervisor/settings/settings.js'

/** Starts forwarding for `redisWhenReady`. The forwarder is loaded at the first call. */
export async function forward(settings: Settings): Promise<{ stop(): Promise<void> }> {
  // Imported by its front door, which is a separate file in the package.
  const { startRedisForwarder } = await import('../../redis-forwarder.js')
  const { redisHost, redisPort, redisDb, redisPassword, redisKeyPrefix, redisForwardInterval } = settings
  return startRedisForwarder({
    enabled: true,
    host: redisHost,
    port: redisPort,
    db: redisDb,
    interval: redisForwardInterval,
    keyPrefix: redisKeyPrefix,
    ...(redisPassword !== '' && { password: redisPassword }),
  })
}
