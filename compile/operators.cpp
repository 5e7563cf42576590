#include "compile/operators.hpp"

namespace ganglion::compile {

using model::OperatorCode;

bool only_renames(OperatorCode code) {
    return code == OperatorCode::reshape || code == OperatorCode::squeeze ||
           code == OperatorCode::expand_dims;
}

bool is_convolution(OperatorCode code) {
    return code == OperatorCode::conv_2d || code == OperatorCode::depthwise_conv_2d;
}

std::string advice_for(OperatorCode code) {
    switch (code) {
        case OperatorCode::mean:
            return "use AVERAGE_POOL_2D over the whole image instead";
        case OperatorCode::tanh:
        case OperatorCode::hard_swish:
            return "use RELU, RELU6, LEAKY_RELU or LOGISTIC instead";
        case OperatorCode::dequantize:
            return "export the model with int8 inputs and outputs";
        default:
            return "replace it by supported ones: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, "
                   "AVERAGE_POOL_2D, MAX_POOL_2D, ADD, PAD, SOFTMAX, LOGISTIC, RELU, RELU6, "
                   "LEAKY_RELU, QUANTIZE, RESHAPE, CONCATENATION, SPLIT, STRIDED_SLICE";
    }
}

bool concerns_variables(OperatorCode code) {
    return code == OperatorCode::call_once || code == OperatorCode::var_handle ||
           code == OperatorCode::read_variable || code == OperatorCode::assign_variable;
}

LowerMoves moves_of(OperatorCode code) {
    switch (code) {
        case OperatorCode::concatenation:
            return lower_concatenation;
        case OperatorCode::strided_slice:
            return lower_strided_slice;
        case OperatorCode::split:
        case OperatorCode::split_v:
            return lower_split;
        default:
            return nullptr;
    }
}

Lower lowering_of(OperatorCode code) {
    switch (code) {
        case OperatorCode::conv_2d:
            return lower_conv_2d;
        case OperatorCode::depthwise_conv_2d:
            return lower_depthwise_conv_2d;
        case OperatorCode::fully_connected:
            return lower_fully_connected;
        case OperatorCode::average_pool_2d:
            return lower_average_pool_2d;
        case OperatorCode::max_pool_2d:
            return lower_max_pool_2d;
        case OperatorCode::add:
            return lower_add;
        case OperatorCode::softmax:
            return lower_softmax;
        case OperatorCode::logistic:
            return lower_logistic;
        case OperatorCode::quantize:
            return lower_quantize;
        case OperatorCode::relu:
        case OperatorCode::relu6:
            return lower_relu;
        case OperatorCode::leaky_relu:
            return lower_leaky_relu;
        case OperatorCode::pad:
            return lower_pad;
        default:
            return nullptr;
    }
}

}  // namespace ganglion::compile
