// Takes the lock on a directory's removals, and keeps it: to be stopped over it.
import { openSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const binding = createRequire(import.meta.url)(`../../../prebuilds/linux-${process.arch}/promhive.node`)
const [, , directory, byte] = process.argv
const held = binding.lock(openSync(join(directory, 'control'), 'r+'), Number(byte), 2)
process.send({ ready: held })
process.on('disconnect', () => process.exit())
