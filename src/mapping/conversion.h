// How the conversion of one value ended.
#pragma once

namespace frazil {

enum class Conversion {
  kOk,
  kType,    // a value of this kind is not read into that type at all
  kRange,   // the type cannot hold it
  kLoss,    // the type would hold something else
  kFormat,  // the text is not of the form that is read
};

}  // namespace frazil
