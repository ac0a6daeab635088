import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'
import { blockOf } from '../helpers/documented/documented.js'
import { type DocumentedSettings, documentedSettings } from '../helpers/documented/settings.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasPromtool } from '../helpers/promtool.js'

const nginx = '/usr/sbin/nginx'
const has = {
  promhive: true,
  prometheus: hasPromtool,
  rule: hasPromtool,
  query: hasPromtool,
  nginx: spawnSync(nginx, ['-v'], { stdio: 'ignore' }).status === 0,
}

describe('the configurations of the docs', { concurrent: true }, () => {
  for (const settings of documentedSettings) {
    const { page, start, reader } = settings
    test.skipIf(!has[reader])(`${reader} accepts ${page}: ${start}…`, ({ stage }) => accepted(stage, settings))
  }
})

/** Gives a configuration to its reader. */
async function accepted(stage: Stage, settings: DocumentedSettings): Promise<unknown> {
  const folder = stage.folder()
  const { text } = blockOf(settings)
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const run = promisify(execFile)
  switch (settings.reader) {
    case 'promhive':
      return starts(stage, folder, onThisMachine(text, folder))
    case 'prometheus':
      return run('promtool', ['check', 'config', file('prometheus.yml', text)])
    case 'rule': {
      const rules = text.replaceAll(/^/gm, '      ')
      return run('promtool', ['check', 'rules', file('rules.yml', `groups:\n  - name: docs\n    rules:\n${rules}`)])
    }
    case 'query': {
      const rules = queriesOf(text).map(
        (query, i) => `      - record: query:${i}\n        expr: ${JSON.stringify(query)}\n`,
      )
      return run('promtool', [
        'check',
        'rules',
        file('rules.yml', `groups:\n  - name: docs\n    rules:\n${rules.join('')}`),
      ])
    }
    case 'nginx': {
      // `-t` opens the ports that the file names, which an ordinary user may not do below 1024.
      const port = await freePort()
      const onFreePort = text.replace(/\blisten 80;/g, `listen 127.0.0.1:${port};`)
      const http = `pid nginx.pid; error_log stderr;\nevents {}\nhttp {\naccess_log off;\n${onFreePort}}\n`
      return run(nginx, ['-t', '-q', '-p', folder, '-c', file('nginx.conf', http)])
    }
  }
}

/** Starts an application with a file of settings: no setting is ignored, and every exporter is started. */
async function starts(stage: Stage, folder: string, text: string): Promise<void> {
  provideDist()
  mkdirSync(join(folder, 'node_modules'))
  for (const name of ['yaml', 'snappyjs', 'hot-shots', 'unix-dgram']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  mkdirSync(join(folder, 'var', 'lib', 'prometheus', 'node-exporter'), { recursive: true })
  mkdirSync(join(folder, 'dev', 'shm'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "name": "shop", "type": "module" }')
  writeFileSync(join(folder, 'app.js'), "import { createServer } from 'node:http'\ncreateServer().listen(0)\n")
  writeFileSync(join(folder, 'promhive.yaml'), text)
  const bin = join(root, 'dist', 'esm', 'cli', 'bin.js')
  const args = ['run', 'app.js', '--config', 'promhive.yaml', '--port', '0', '--host', '127.0.0.1']
  const supervisor = stage.launch(bin, { args, cwd: folder })
  await until(
    () => supervisor.errors,
    (seen) => /workers? serves? app\.js/.test(seen) || !supervisor.running,
  )
  supervisor.child.kill('SIGTERM')
  expect((await supervisor.ended).code, supervisor.errors).toBe(0)
  expect(supervisor.errors).not.toMatch(/not been started|ignored|unknown/)
}

/** Replaces folders by those of the test, and other hosts by an address that refuses connections. */
function onThisMachine(text: string, folder: string): string {
  return text
    .replaceAll(/\/(dev\/shm|var\/lib)\//g, `${folder}/$1/`)
    .replaceAll(/https?:\/\/[^\s/]+/g, 'http://127.0.0.1:1')
}

/** The queries of a block: one for each line, unless a line continues the one before. */
function queriesOf(text: string): string[] {
  return text.trimEnd().split(/\n(?!\/)(?! *\/ )/)
}
