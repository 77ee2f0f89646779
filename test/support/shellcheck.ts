export { shellcheck } from "../../localcloud/test/support/shellcheck";
