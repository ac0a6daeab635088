import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import * as main from '../../src/index.js'
import { blockOf } from '../helpers/documented/documented.js'
import { type DocumentedProgram, documentedPrograms } from '../helpers/documented/programs.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'

describe('the programs of the docs', { concurrent: true }, () => {
  for (const program of documentedPrograms) {
    const name = `${program.page}: ${program.start.split('\n').at(-1)}…`
    test.skipIf(program.needs === 'redis' && !hasRedis)(name, async ({ stage }) => {
      const { code, output } = await run(stage, program)
      expect(output).toContain('ran to its end')
      expect(code, output).toBe(0)
    })
  }
})

/** Runs a block in a folder of its own, in which the package is installed. */
async function run(stage: Stage, program: DocumentedProgram): Promise<{ code: number; output: string }> {
  provideDist()
  const folder = stage.folder()
  mkdirSync(join(folder, 'node_modules'))
  for (const name of ['promhive', 'ioredis', 'redis', 'hot-shots', 'snappyjs', 'pino']) {
    symlinkSync(name === 'promhive' ? root : join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  cpSync(join(root, 'examples', 'backends', 'files-backend.mjs'), join(folder, 'files-backend.mjs'))
  writeFileSync(join(folder, 'server.mjs'), "import { createServer } from 'node:http'\ncreateServer().listen(0)\n")
  const url = program.needs === 'redis' ? (await startRedis(stage)).url : ''
  const text = completed(program).replaceAll('FOLDER', folder).replaceAll('THE_REDIS', url)
  writeFileSync(join(folder, 'program.mjs'), text)
  const child = spawn(process.execPath, [join(folder, 'program.mjs')], {
    cwd: folder,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  stage.after(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (more) => (output += more))
  const [code] = await once(child, 'close')
  return { code, output: `${output}\n${text}` }
}

/** The block with what its page takes for granted around it. */
function completed(program: DocumentedProgram): string {
  const { language, text } = blockOf(program)
  let block = language === 'diff' ? text.replaceAll(/^-.*\n/gm, '').replaceAll(/^\+ /gm, '') : text
  for (const [from, to] of Object.entries(program.replace ?? {})) {
    expect(block).toContain(from)
    block = block.replaceAll(from, to)
  }
  const before = program.before ?? ''
  const after = program.after ?? ''
  const all = `${before}\n${block}\n${after}`
  const names = Object.keys(main).filter((name) => {
    const known = new RegExp(`(?:import|const) \\{[^}]*\\b${name}\\b|(?:class|const|function) ${name}\\b`)
    return new RegExp(`\\b${name}\\b`).test(all) && !known.test(all)
  })
  const imports = names.length > 0 ? `import { ${names.join(', ')} } from 'promhive'\n` : ''
  // A worker of a cluster stays.
  const end = "if (processes.isPrimary) {\n  console.log('ran to its end')\n  process.exit()\n}\n"
  return `import check from 'node:assert/strict'\nimport processes from 'node:cluster'\n${imports}${all}\n${end}`
}
