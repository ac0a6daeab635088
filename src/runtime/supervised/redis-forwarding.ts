import type { Settings } from '../../supervisor/settings/settings.js'

/** Starts what `redisWhenReady` asks for. The forwarder is loaded by the first call. */
export async function forward(settings: Settings): Promise<{ stop(): Promise<void> }> {
  // By its front door, which is a file of its own in the package.
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
