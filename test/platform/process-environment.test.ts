import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { processEnvironment } from '../../src/platform/process-environment.js'
import { root } from '../helpers/processes/dist.js'

test('is that of the process, with every change of it', () => {
  expect(processEnvironment()).toBe(process.env)
})

test('only one file reads the environment, so that Deno asks for no permission', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const reads = sources.filter((name) => {
    const code = readFileSync(join(root, 'src', name), 'utf8').replaceAll(/^\s*(?:\*|\/\/|\/\*).*$/gm, '')
    return /\bprocess\.env\b|[{,]\s*env\b[^}]*\} = process\b/.test(code)
  })
  expect(reads).toEqual(['platform/process-environment.ts'])
})
