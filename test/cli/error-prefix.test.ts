import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { commands, main } from '../../src/cli/main.js'
import { freshDirectory } from '../helpers/homes.js'

/** Wrong calls of every command, and the first line that each prints after its prefix. */
const wrong: Readonly<Record<string, readonly (readonly [args: readonly string[], fault: RegExp])[]>> = {
  run: [
    [[], /^which application\?/],
    [['package.json', '--workers', 'many'], /^--workers must/],
    [['package.json', '--port', '99999'], /^--port must/],
    [['nowhere.js'], /^there is no .*nowhere\.js$/],
  ],
  config: [
    [[], /^there is only promhive config explain/],
    [['explain', '--worker', '2'], /^there is no option --worker/],
  ],
  serve: [
    [['--port', '99999'], /^--port must/],
    [['--port', 'x'], /^--port must/],
    [['--port', '0', '--path', 'x'], /^--path must/],
    [['--port', '0', '--allowed-hosts', 'a b'], /^--allowed-hosts must/],
    [['--port', '0', '--host', 'no such host'], /^the metrics port/],
    [['--redis', 'foo'], /^--redis: url must/],
    [['--nothing'], /^there is no option --nothing/],
  ],
  explain: [
    [['/nowhere'], /^\/nowhere does not exist/],
    [['/', '--workers', 'many'], /^--workers must/],
  ],
  inspect: [
    [['/nowhere'], /^\/nowhere does not exist/],
    [['--redis', 'foo'], /^--redis: url must/],
  ],
  top: [[['/nowhere', '--interval', 'x'], /^--interval must/]],
  stats: [
    [[], /^which server\?/],
    [['/nowhere'], /^the statistics of \/nowhere cannot be read/],
  ],
  discover: [[[], /^there is only promhive discover etcd/]],
  dashboard: [
    [['/nowhere'], /^\/nowhere does not exist/],
    [['http://127.0.0.1:1/'], /^http:\/\/127.0.0.1:1\/ cannot be scraped/],
    [['127.0.0.1:9/metrics'], /does not exist; name the URL of the metrics, such as http:\/\/127.0.0.1:9\/metrics, a/],
  ],
  rules: [
    [['/nowhere'], /^\/nowhere does not exist/],
    [['--all', '/nowhere'], /^--all reads no metrics/],
    [['--all', '--preset', 'x'], /^--preset must be one of/],
  ],
  doctor: [[['--redis', 'foo'], /^--redis: url must/]],
  wipe: [
    [[], /^which directory\?/],
    [['/etc'], /^the metrics directory \/etc/],
  ],
}

describe('an error of the command line names its command once', () => {
  test.for(Object.entries(wrong).flatMap(([name, calls]) => calls.map(([args, fault]) => ({ name, args, fault }))))(
    'promhive $name $args',
    async ({ name, args, fault }, { onTestFinished }) => {
      const before = { ...process.env }
      onTestFinished(() => {
        process.env = before
      })
      delete process.env.PROMHIVE_DIR
      if (name === 'serve' && args[0] === '--port') process.env.PROMHIVE_DIR = join(freshDirectory(), 'metrics')
      const said = vi.spyOn(console, 'error').mockImplementation(() => {})
      onTestFinished(() => said.mockRestore())
      expect(await main([name, ...args])).toBe(1)
      const [first] = String(said.mock.calls[0]?.[0]).split('\n')
      const prefix = `promhive ${name}: `
      expect(first!.slice(0, prefix.length)).toBe(prefix)
      const rest = first!.slice(prefix.length)
      expect(rest).toMatch(fault)
      // The function that throws is not a function of the package.
      expect(rest).not.toMatch(/^promhive\b|startMetricsServer|supervise:/)
    },
  )

  test('every command is among them', () => {
    expect(Object.keys(wrong).sort()).toEqual(commands.map(({ name }) => name).sort())
  })
})
