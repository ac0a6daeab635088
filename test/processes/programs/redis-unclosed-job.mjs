// A job that counts once and ends by itself.
import { Counter, configure } from '../../../dist/esm/index.js'
import { redis } from '../../../dist/esm/redis.js'

configure({ backend: redis({ url: process.argv[2], connectTimeout: 1, closeTimeout: 0.5 }) })
new Counter({ name: 'jobs_total', help: 'X.' }).inc()
