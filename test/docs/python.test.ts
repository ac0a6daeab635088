import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { promhive, promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { test } from '../helpers/processes/stage.js'
import { WrittenFile } from '../helpers/python/written-file.js'

const page = new DocumentationPage('docs/python.md')

describe('the page for Python processes', () => {
  test('has no broken links', () => expect(page.brokenLinks()).toEqual([]))

  test('begins with a command that serves a directory, and shows how to wipe it', async ({ stage }) => {
    const directory = join(stage.folder(), 'shop')
    mkdirSync(directory, { mode: 0o700 })
    new WrittenFile().add({ metric: 'jobs', sample: 'jobs_total', value: 7 }).write(directory, 'counter_4000001.db')
    const words = (command: string) =>
      page.command(command).args.join(' ').replace(/ &&.*/, '').replace('/dev/shm/shop', directory).split(' ').slice(2)
    const [serve, ...args] = words('npx promhive serve')
    expect(serve).toBe('serve')
    const port = args.indexOf('--port')
    const served = await promhiveServe(stage, args.toSpliced(port, 2))
    expect(new Exposition((await ask(served.url)).body).value('jobs_total')).toBe(7)
    expect((await promhive(stage, words('npx promhive wipe'))).code).toBe(0)
    expect(new Exposition((await ask(served.url)).body).value('jobs_total')).toBeUndefined()
  })
})
