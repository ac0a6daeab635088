import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../helpers/source-imports.js'
import { describeCompiler } from '../helpers/types/compiler-suite.js'
import { compilers, compilersOfEachRun, folderOf, isInstalled } from '../helpers/types/compilers.js'

// The oldest compiler and the newest check the declarations, with nodenext. All others, and all resolutions: test/torture.
for (const compiler of compilersOfEachRun) {
  describeCompiler(compiler, compiler === 'typescript-5.4' ? ['bundler', 'node10'] : [])
}

describe('the compilers', () => {
  test.skipIf(!isInstalled('typescript-5.4'))('are installed', () => {
    expect(compilers.filter((compiler) => !isInstalled(compiler))).toEqual([])
  })

  test.skipIf(!isInstalled('typescript-5.4')).each(compilers)('%s has the version of its name', (compiler) => {
    const { version } = JSON.parse(readFileSync(join(folderOf(compiler)!, 'package.json'), 'utf8'))
    expect(version).toMatch(compiler === 'typescript' ? /^7\./ : compiler.replace('typescript-', ''))
  })

  test.each(['README.md', 'docs/dependencies.md', 'CHANGELOG.md'])('%s names the oldest one', (page) => {
    const oldest = compilers[0].replace('typescript-', '')
    const named = readFileSync(join(root, page), 'utf8').match(/TypeScript [\d.]+ or later/g)
    expect(new Set(named)).toEqual(new Set([`TypeScript ${oldest} or later`]))
  })
})
