import pino from 'pino'
import { configure, type GivenLogger, type Logger } from 'promhive'
import { HookManager, type Hooks, observe, supervise } from 'promhive/supervisor'
import winston from 'winston'

/* Loggers of applications are taken as they are. */

const own: Logger = {
  error: (message, fields) => console.error(message, fields?.event),
  warn: (message) => console.warn(message),
  info: (message) => console.info(message),
}
const loggers: readonly GivenLogger[] = [pino(), winston.createLogger(), console, own]

for (const logger of loggers) {
  configure({ logger, logLevel: 'debug' })
  await supervise({ logger, logLevel: 'warn', logFormat: 'json', pidFile: '/run/shop.pid' })
  await observe({ logger, logLevel: 'info' })
}
await supervise({ logger: pino() })
await supervise({ logger: winston.createLogger() })
new HookManager(console)
new HookManager(own)

// @ts-expect-error: no method for errors
configure({ logger: { warn() {}, info() {} } })
// @ts-expect-error: no such level
configure({ logLevel: 'verbose' })
// @ts-expect-error: no such form
supervise({ logFormat: 'xml' })

export const hooks: Hooks = {
  ready: ({ logger }) => logger.info('all serve', { event: 'ready' }),
}
