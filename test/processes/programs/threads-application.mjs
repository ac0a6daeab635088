// The same application in threads, each on a port of its own.
import { Worker } from 'node:worker_threads'

for (let i = 0; i < 3; i++) {
  new Worker(new URL('./http-application.mjs', import.meta.url), {
    env: { ...process.env, PORT: String(Number(process.env.PORT) + i) },
  })
}
