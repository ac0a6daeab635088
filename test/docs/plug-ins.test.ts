import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../helpers/processes/dist.js'

test('the page on the drop-in has the plug-ins that are tested, with their versions', () => {
  const page = readFileSync(join(root, 'docs', 'drop-in.md'), 'utf8')
  const [, table] = /^<!-- plug-ins -->\n((?:\|.*\n)+)/m.exec(page)!
  const listed = table!
    .split('\n')
    .slice(2, -1)
    .map((row) => row.split(' | ').slice(0, 2).join(' ').slice(2))

  const { dependencies } = JSON.parse(readFileSync(join(root, 'test', 'plug-ins', 'package.json'), 'utf8'))
  const installed = Object.entries<string>(dependencies)
    .map(([name, version]) => /^npm:(.+)@(.+)$/.exec(version)?.slice(1).join(' ') ?? `${name} ${version}`)
    .filter((each) => /metrics|promster|prom-bundle|\/.*prometheus/.test(each))
  expect(listed.sort()).toEqual(installed.sort())
})
