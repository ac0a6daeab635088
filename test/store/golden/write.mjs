// Writes golden files again: `node test/store/golden/write.mjs v1`, after a build. For a new version of the format only:
// the files of a released one never change, so that every later version is seen to read them.
import { fork } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const directory = join(here, process.argv[2] ?? 'v1')
rmSync(directory, { recursive: true, force: true })
mkdirSync(directory)

const writers = []
for (const [number, native] of [
  ['1', 'on'],
  ['2', 'on'],
  ['3', 'off'],
]) {
  const env = { ...process.env, PROMHIVE_DIR: directory, PROMHIVE_NATIVE: native }
  const writer = fork(join(here, 'count.mjs'), [number], { env })
  await new Promise((resolve) => writer.once('message', resolve))
  writers.push(writer)
}
for (const writer of writers) {
  const ended = new Promise((resolve) => writer.once('exit', resolve))
  writer.kill('SIGKILL')
  await ended
}
console.log(readdirSync(directory).join('\n'))
