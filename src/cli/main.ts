import { MetricsError } from '../model/errors.js'
import type { Command } from './command.js'
import { config } from './commands/config.js'
import { doctor } from './commands/doctor.js'
import { inspect } from './commands/inspect.js'
import { run } from './commands/run.js'
import { serve } from './commands/serve.js'
import { stats } from './commands/stats.js'
import { top } from './commands/top.js'
import { wipe } from './commands/wipe.js'
import { print, printError } from './output.js'
import { packageVersion } from './version.js'

const commands: readonly Command[] = [run, config, serve, inspect, top, stats, doctor, wipe]

export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === '--version' || name === '-v') {
    print(packageVersion())
    return 0
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const topic = commands.find((command) => command.name === rest[0])
    print(topic === undefined ? overview() : topic.usage)
    return name === undefined ? 2 : 0
  }
  const command = commands.find((candidate) => candidate.name === name)
  if (command === undefined) {
    printError(`promhive: there is no command "${name}"\n\n${overview()}`)
    return 2
  }
  // What stands behind -- is the application's.
  const own = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest
  if (own.includes('--help') || own.includes('-h')) {
    print(command.usage)
    return 0
  }
  try {
    return await command.run(rest)
  } catch (error) {
    printError(`promhive ${name}: ${error instanceof Error ? error.message : error}`)
    if (isUsageError(error)) printError(`promhive help ${name} tells what there is`)
    return isUsageError(error) ? 2 : 1
  }
}

function isUsageError(error: unknown): boolean {
  if (error instanceof MetricsError) return error.code === 'OPTION_INVALID'
  return String((error as NodeJS.ErrnoException)?.code ?? '').startsWith('ERR_PARSE_ARGS')
}

function overview(): string {
  const lines = commands.map(({ name, summary }) => `  promhive ${name.padEnd(10)}${summary}`)
  return `promhive: Prometheus metrics for applications of several processes\n\n${lines.join('\n')}\n  promhive help COMMAND`
}
