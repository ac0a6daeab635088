import { spawnSync } from 'node:child_process'

/** Debian's Python, which Debian's packages are for. */
export const python = '/usr/bin/python3'

/** Whether this system has the package python3-snappy; `scripts/provision.mjs` installs it if permitted. */
export const hasPythonSnappy = spawnSync(python, ['-c', 'import snappy'], { stdio: 'ignore' }).status === 0
