import { startRegistered } from './registration.js'

startRegistered()
