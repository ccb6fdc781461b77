/**
 * Registers every gradient of tfjs in the registry that all its builds share. Published as one file (`scripts/build.ts`): tfjs has its
 * gradients only as modules that Node cannot load.
 */
import "@tensorflow/tfjs-core/dist/register_all_gradients.js"
