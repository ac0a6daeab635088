// A backend in the protocol of pytheus: each number is an instance of the class, here in hashes of a Redis.
import { Redis } from 'ioredis'

let redis
let prefix = ''

export class RedisValues {
  /** Called once, before anything is counted. */
  static initialize({ url, keyPrefix = '' }) {
    redis ??= new Redis(url)
    // Each command reports its own error.
    redis.on('error', () => {})
    prefix = keyPrefix
  }

  /** All numbers in one round trip, including series that only other processes have. */
  static async generateSamples(registry) {
    const wanted = registry.collect().flatMap((family) => family.buckets.map((bucket) => ({ family, bucket })))
    const pipeline = redis.pipeline()
    for (const { family, bucket } of wanted) pipeline.hgetall(keyOf(family, bucket))
    const samples = new Map(wanted.map(({ family }) => [family, []]))
    for (const [i, [error, fields]] of (await pipeline.exec()).entries()) {
      if (error !== null) throw error
      const { family, bucket } = wanted[i]
      const alone = bucket === undefined || bucket === 'sum' || bucket === 'count'
      const suffix = bucket === undefined ? '' : alone ? `_${bucket}` : '_bucket'
      for (const [field, value] of Object.entries(fields)) {
        const labels = JSON.parse(field)
        samples.get(family).push({ suffix, labels: alone ? labels : { ...labels, le: bucket }, value: Number(value) })
      }
    }
    return samples
  }

  constructor(_config, metric, histogramBucket) {
    this.key = keyOf(metric, histogramBucket)
    this.field = JSON.stringify(metric.labels)
  }
  inc(value) {
    return redis.hincrbyfloat(this.key, this.field, value)
  }
  dec(value) {
    return redis.hincrbyfloat(this.key, this.field, -value)
  }
  set(value) {
    return redis.hset(this.key, this.field, value)
  }
  async get() {
    return Number((await redis.hget(this.key, this.field)) ?? 0)
  }
  remove() {
    return redis.hdel(this.key, this.field)
  }
}

function keyOf({ name }, bucket) {
  return `${prefix}${name}${bucket === undefined ? '' : `:${bucket}`}`
}
