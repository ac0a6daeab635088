import { inLine } from '../../model/terminal-text.js'
import { held } from '../../platform/held.js'
import { type DirectorySearch, searchDirectories } from '../../runtime/directory/living-directories.js'
import type { Command } from '../command.js'
import { namedDirectory } from '../directory-argument.js'
import { checkDirectory, checkPlace, isReadable } from '../doctor/directory-check.js'
import { checkEnvironment } from '../doctor/environment-check.js'
import { type Finding, ok, warn } from '../doctor/finding.js'
import { checkPackages } from '../doctor/packages-check.js'
import { checkRedis } from '../doctor/redis-check.js'
import { checkRuntime } from '../doctor/runtime-check.js'
import { checkSeats } from '../doctor/seats-check.js'
import { type AskedCommand, commandFor, describeLiving, noneText } from '../living-directory.js'
import { type OptionTable, parseOptions } from '../options.js'
import { print, printJson } from '../output.js'
import { redisOptions, redisTarget, redisUsage } from '../redis/redis-arguments.js'

const options = {
  json: { type: 'boolean' },
  dir: { type: 'string', short: 'd' },
  ...redisOptions,
} as const satisfies OptionTable

const usage = `promhive doctor [DIR] [--json]
promhive doctor --redis URL [--prefix NAME] [--json]

Looks for causes of wrong metrics: the writer in use, the file system of the directory, its permissions, space and clock,
unreadable files, definitions that contradict each other, variables that are misspelt or have
invalid values, and other clients among the packages of the working directory. Changes nothing. Ends with 1 if
something fails.

With --redis: the connection and TLS, the version and role of the server, the permissions of the user (each command that
promhive needs is tried, on a key that is deleted afterwards), memory and eviction, persistence, clock, latency, the
writers and the size of the service, entries that cannot be read, and what a scrape shows.

  DIR      the directory (default: PROMHIVE_DIR or PROMETHEUS_MULTIPROC_DIR, otherwise that of the only application of
           this user that runs; without any, the rest is checked)
${redisUsage}
  --json   print JSON`

export const doctor: Command = {
  name: 'doctor',
  summary: 'look for causes of wrong metrics',
  usage,
  options,
  async run(args) {
    const { values, positionals } = parseOptions(args, options, 1)
    const named = positionals[0] ?? values.dir
    const target = redisTarget(values, named)
    const asked = { name: 'doctor', args, redis: true }
    const search = (target ?? namedDirectory(named)) === undefined ? searchDirectories() : undefined
    const only = search?.living.length === 1 ? search.living[0] : undefined
    const directory = target === undefined ? (namedDirectory(named) ?? only?.directory) : undefined
    // The way of writing to a directory is irrelevant for Redis.
    const runtime = checkRuntime().filter(({ topic }) => target === undefined || topic !== 'writer')
    const findings = [...runtime, ...checkEnvironment(), ...checkPackages()]
    if (target !== undefined) findings.push(...(await held(checkRedis(target))))
    else if (directory === undefined) findings.push(...checkPlace(), ...choices(search!, asked))
    else {
      if (only !== undefined) findings.push(ok('application', describeLiving(only)))
      findings.push(...checkDirectory(directory))
      if (isReadable(directory)) findings.push(...(await checkSeats(directory)))
    }
    if (values.json) printJson(findings)
    else {
      printFindings(findings)
      if (search?.living.length === 0) print(`\n${noneText(search, asked)}`)
    }
    return findings.some(({ state }) => state === 'fail') ? 1 : 0
  },
}

/** Names the applications of which one can be checked. */
function choices({ living }: DirectorySearch, asked: AskedCommand): readonly Finding[] {
  if (living.length === 0) return []
  const text = `${living.length} applications of this user count at the moment, and none of them is checked`
  const commands = living.map((each) => `${commandFor(asked, each.directory)} (${describeLiving(each)})`)
  return [warn('directory', text, commands.join(', or '))]
}

const marks = { ok: '  ok  ', warn: ' warn ', fail: ' FAIL ' } as const

function printFindings(findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ topic }) => topic.length))
  for (const { state, topic, text, advice } of findings) {
    print(`${marks[state]} ${topic.padEnd(width)}  ${inLine(text)}`)
    if (advice !== undefined) print(`${' '.repeat(width + 9)}→ ${inLine(advice)}`)
  }
}
