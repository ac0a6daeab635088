import { MetricsError, reasonOf } from '../model/errors.js'
import { nearest } from '../model/nearest-name.js'
import { packageVersion } from '../platform/package-version.js'
import type { Command } from './command.js'
import { config } from './commands/config.js'
import { dashboard } from './commands/dashboard.js'
import { discover } from './commands/discover.js'
import { doctor } from './commands/doctor.js'
import { explain } from './commands/explain.js'
import { inspect } from './commands/inspect.js'
import { rules } from './commands/rules.js'
import { run } from './commands/run.js'
import { serve } from './commands/serve.js'
import { stats } from './commands/stats.js'
import { top } from './commands/top.js'
import { wipe } from './commands/wipe.js'
import { print, printError } from './output.js'

/** @internal In the order of the overview. */
export const commands: readonly Command[] = [
  run,
  config,
  serve,
  inspect,
  explain,
  top,
  stats,
  discover,
  dashboard,
  rules,
  doctor,
  wipe,
]

export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === '--version' || name === '-v') {
    print(packageVersion)
    return 0
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const [topic] = rest
    const about = commands.find((command) => command.name === topic)
    if (topic !== undefined && about === undefined) return unknownCommand(topic)
    print(about?.usage ?? overview())
    return name === undefined ? 1 : 0
  }
  const command = commands.find((candidate) => candidate.name === name)
  if (command === undefined) return unknownCommand(name)
  // Arguments after -- belong to the application.
  const commandArguments = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest
  if (commandArguments.includes('--help') || commandArguments.includes('-h')) {
    print(command.usage)
    return 0
  }
  try {
    return await command.run(rest)
  } catch (error) {
    printError(`promhive ${name}: ${reasonOf(error)}`)
    if (isUsageError(error)) printError(`see promhive help ${name}`)
    return 1
  }
}

function unknownCommand(name: string): number {
  const meant = nearest(name, [...commands.map((command) => command.name), 'help', '--help', '--version'])
  const advice = meant === undefined ? `\n\n${overview()}` : `; did you mean ${meant}?`
  printError(`promhive: there is no command "${name}"${advice}`)
  return 1
}

function isUsageError(error: unknown): boolean {
  return error instanceof MetricsError && error.code === 'OPTION_INVALID'
}

function overview(): string {
  const lines = commands.map(({ name, summary }) => `  promhive ${name.padEnd(10)}${summary}`)
  return `promhive: Prometheus metrics for applications of several processes\n\n${lines.join('\n')}\n  promhive help COMMAND`
}
