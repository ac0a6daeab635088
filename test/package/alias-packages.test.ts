import { execFile } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NpmRegistry } from '../helpers/npm/npm-registry.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { hasNode24, node24, node24Folder } from '../helpers/processes/node24.js'
import { Stage } from '../helpers/processes/stage.js'

const execute = promisify(execFile)

/** A plug-in that brings its client along, as fastify-metrics 13 does. */
const bringsItsClient = {
  manifest: { name: 'counts-jobs', version: '1.0.0', main: 'index.js', dependencies: { 'prom-client': '15.1.3' } },
  code: `const { Counter } = require('prom-client')
exports.jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.' })`,
}

describe.skipIf(!hasNode24)('the package @promhive/prom-client', () => {
  const stage = new Stage()
  let registry: NpmRegistry
  beforeAll(async () => {
    registry = await NpmRegistry.start(stage)
    registry.make(bringsItsClient.manifest, bringsItsClient.code)
  })
  afterAll(() => stage.clear())

  /** A folder of an application with these fields of package.json, after `npm install` of these packages. */
  async function application(fields: object, ...packages: readonly string[]): Promise<string> {
    const folder = stage.folder()
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, ...fields }))
    await registry.npm(folder, 'install', ...packages)
    return folder
  }

  test('satisfies the peer range of a plug-in when npm installs it as prom-client', async () => {
    const folder = await application({}, 'prom-client@npm:@promhive/prom-client', 'express-prom-bundle')
    console.log(await registry.npm(folder, 'ls', '--all'))
  })
})
