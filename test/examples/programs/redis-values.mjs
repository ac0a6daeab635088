// An application whose processes count in the example backend in pytheus' protocol, which the environment configures.
import { answer } from '../../processes/programs/stagehand.mjs'

answer()
