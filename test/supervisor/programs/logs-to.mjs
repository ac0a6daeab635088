// A primary of an application with a logger of the user's choice: pino, winston, console, or one that throws.
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import pino from 'pino'
import { supervise } from 'promhive/supervisor'
import winston from 'winston'

const broken = () => {
  throw new Error('the logger is broken')
}
const loggers = {
  pino: () => pino({ level: 'debug' }, pino.destination({ fd: 1, sync: true })),
  winston: () =>
    winston.createLogger({
      level: 'debug',
      format: winston.format.json(),
      transports: [new winston.transports.Console()],
    }),
  console: () => console,
  broken: () => ({ error: broken, warn: broken, info: broken, debug: broken }),
}

if (cluster.isPrimary) {
  const supervisor = await supervise({
    workers: 1,
    port: 0,
    logLevel: 'debug',
    redisPassword: 'never-in-a-log',
    logger: loggers[process.argv[2]](),
    hooks: { ready: ({ logger }) => logger.info('from a hook', { event: 'own' }) },
  })
  process.stdout.write('all serve\n')
  await supervisor.reload()
  await supervisor.stop()
  process.stdout.write('over\n')
} else {
  createServer((_request, response) => response.end('x')).listen(Number(process.env.PORT), '127.0.0.1')
}
