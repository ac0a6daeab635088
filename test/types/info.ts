// An info: its labels are its only content.
import { Info } from 'promhive'

const build = new Info({ name: 'build_info', help: 'B.', labelNames: ['version', 'commit'] })
const here = new Info({ name: 'here_info', help: 'H.' })

build.info({ version: '1.0', commit: 'abc' })
build.labels({ version: '1.0', commit: 'abc' }).info()
here.info()
export const any: readonly Info<string>[] = [build, here]
export const exact: Info<'version' | 'commit'> = build

// @ts-expect-error a label is missing
build.info({ version: '1.0' })
// @ts-expect-error a label that was not declared
build.info({ version: '1.0', commit: 'abc', branch: 'main' })
// @ts-expect-error labels are missing
build.info()
// @ts-expect-error it has no labels
here.info({ version: '1.0' })
// @ts-expect-error an info has no number
build.set({ version: '1.0', commit: 'abc' }, 1)
// @ts-expect-error an info has no unit
new Info({ name: 'build_info', help: 'B.', unit: 'info' })
