import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { hasPlugIns, plugInFolder } from '../helpers/plug-ins/plug-in-folder.js'
import { root } from '../helpers/processes/dist.js'
import { test } from '../helpers/processes/stage.js'
import { compileIn } from '../helpers/types/compilers.js'

const programs = join(root, 'test', 'plug-ins', 'declarations')

/** Decorators, and declarations of plug-ins that allow `undefined` where it is not declared. */
const options = { exactOptionalPropertyTypes: false, experimentalDecorators: true, emitDecoratorMetadata: true }

describe.skipIf(!hasPlugIns)('the declarations of the plug-ins, with the alias', () => {
  test.for(['typescript-5.8', 'typescript'] as const)('compile under %s', async (compiler, { stage }) => {
    const folder = plugInFolder(stage, 'alias')
    cpSync(programs, folder, { recursive: true })
    const errors = compileIn(folder, compiler, options)
    // Packages that import no client are links: what their declarations have is theirs.
    const ofPlugIns = errors.filter(({ file }) => !file.startsWith('..'))
    expect(ofPlugIns.map(({ file, code, message }) => [file, code, message])).toEqual([
      // Both versions are in one program here, and each declares `app.metrics`.
      ['node_modules/fastify-metrics/dist/index.d.ts', 2717, expect.stringContaining("'metrics'")],
    ])
  })
})
