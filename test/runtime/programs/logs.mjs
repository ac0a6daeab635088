// An application without a supervisor. It logs as its argument specifies, with a logger of the user's choice.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import pino from 'pino'
import { Counter, configure, register, startMetricsServer } from 'promhive'
import { SnapshotBackend } from 'promhive/backend'
import winston from 'winston'

const [what = 'counts', loggerName = '', logLevel] = process.argv.slice(2)

const broken = () => {
  throw new Error('the logger is broken')
}
const loggers = {
  pino: () => pino({ level: 'debug' }, pino.destination({ fd: 1, sync: true })),
  winston: () => winston.createLogger({ level: 'debug', transports: [new winston.transports.Console()] }),
  console: () => console,
  broken: () => ({ error: broken, warn: broken, info: broken, debug: broken }),
}
if (loggerName !== '') configure({ logger: loggers[loggerName](), ...(logLevel && { logLevel }) })
const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.' })

const parts = {
  async counts() {
    jobs.inc()
    const server = await startMetricsServer({ port: 0 })
    await server.close()
  },
  /** Two faults of a kind: one is warned of. */
  async collects() {
    const fails = () => {
      throw new Error('no way to \u001b[31mcollect')
    }
    new Counter({ name: 'fails_total', help: 'Fails.', collect: fails })
    await register.metrics()
    await register.metrics()
  },
  /** The directory is away, and comes back. */
  async recovers() {
    const dir = process.env.PROMHIVE_DIR
    jobs.inc()
    await register.metrics()
    rmSync(dir, { recursive: true })
    writeFileSync(dir, 'a file in its place')
    await register.metrics()
    rmSync(dir)
    mkdirSync(dir, { mode: 0o700 })
    for (let i = 0; i < 3; i++) await register.metrics()
  },
  /** The engine of a backend is unreachable, and returns. Its configuration is a secret. */
  async backend() {
    let away = true
    class Flaky extends SnapshotBackend {
      name = 'flaky'
      constructor(config) {
        super({ flushEvery: 60_000 })
        this.config = config
      }
      publish() {
        if (away) throw new Error('the engine is away')
      }
      readAll() {
        return []
      }
    }
    const backend = new Flaky({ url: 'redis://:never-in-a-log@host' })
    configure({ backend })
    jobs.inc()
    await backend.flush()
    await backend.flush()
    away = false
    jobs.inc()
    await backend.flush()
    await backend.close()
  },
}

await parts[what]()
console.log('the application ends')
