# Nothing in the store can have this name, which is what Nix says, not that nothing is there.
import /nix/store/development/tool
