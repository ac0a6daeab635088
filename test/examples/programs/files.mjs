// An application whose processes count together in the example backend over files.
import { configure } from 'promhive'
import { FilesBackend } from '../../../examples/backends/files-backend.mjs'
import { answer } from '../../processes/programs/stagehand.mjs'

const [folder, liveFor = '15000'] = process.argv.slice(2)
const backend = new FilesBackend({ folder, flushEvery: 20, lookEvery: 100, liveFor: Number(liveFor) })
configure({ backend })
answer({ flush: () => backend.flush() })
