import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'rolldown'
import { root } from '../source-imports.js'
import { portableEnvironment } from './actor.js'
import type { Stage } from './stage.js'

/** What processes that claimed the same name all the time have seen. */
export interface Claimed {
  /** How often a process had the right. */
  readonly taken: number
  /** How often it saw another process that had it as well. */
  readonly shared: number
  /** How many were killed, at any moment. */
  readonly killed: number
}

/**
 * Lets processes claim one name until the time is over, and kills some of them, of which others take
 * the place.
 */
export async function claimAtOnce(stage: Stage, processes: number, milliseconds: number): Promise<Claimed> {
  const [folder, directory] = [stage.folder(), stage.directory()]
  mkdirSync(directory, { mode: 0o700 })
  const program = join(folder, 'claimant.cjs')
  const source = join(folder, 'claimant.ts')
  writeFileSync(
    source,
    `import { openSync, closeSync, unlinkSync } from 'node:fs'
     import { Claim } from ${JSON.stringify(join(root, 'src/store/shared/claim.ts'))}
     const [directory, inside] = process.argv.slice(2)
     let [taken, shared] = [0, 0]
     const until = Date.now() + ${milliseconds}
     const mine = inside + '-' + process.pid
     const { readdirSync, writeFileSync } = require('node:fs')
     const { dirname, basename } = require('node:path')
     while (Date.now() < until) {
       const claim = Claim.take(directory, '.beginning')
       if (claim === undefined) continue
       writeFileSync(mine, '')
       taken++
       const others = readdirSync(dirname(inside)).filter((name) => name.startsWith('in-') && name !== basename(mine))
       // One that was killed inside has left its mark; its process is gone.
       shared += others.filter((name) => { try { process.kill(Number(name.split('-')[1]), 0); return true } catch { return false } }).length
       unlinkSync(mine)
       claim.release()
     }
     console.log(JSON.stringify({ taken, shared }))`,
  )
  await build({ input: source, platform: 'node', output: { file: program, format: 'cjs' } })
  const total = { taken: 0, shared: 0, killed: 0 }
  const end = Date.now() + milliseconds
  const live = async (): Promise<void> => {
    const child = spawn(process.execPath, [program, directory, join(folder, 'in')], {
      env: { ...process.env, ...portableEnvironment },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    stage.after(() => void child.kill('SIGKILL'))
    let text = ''
    child.stdout.on('data', (piece) => (text += piece))
    const dies = Math.random() < 0.5 && Date.now() < end - 1000
    const timer = dies ? setTimeout(() => child.kill('SIGKILL'), 200 + Math.random() * 1000) : undefined
    await once(child, 'close')
    clearTimeout(timer)
    if (text === '') {
      total.killed++
      if (Date.now() < end) await live()
      return
    }
    const { taken, shared } = JSON.parse(text) as Claimed
    total.taken += taken
    total.shared += shared
  }
  await Promise.all(Array.from({ length: processes }, live))
  return total
}
