// An application whose processes count in the example backend in pytheus' protocol; the environment says so.
import { answer } from '../../processes/programs/stagehand.mjs'

answer()
